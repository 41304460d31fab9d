import { act, screen, waitFor, within } from '@testing-library/react';
import { describe, expect, it } from 'vitest';
import { FakeEventSource } from '../test/event-source';
import { anAlert } from '../test/factories';
import { renderApp } from '../test/render';

describe('the frame', () => {
  it('says that it is a demo', async () => {
    await renderApp('/');
    expect((await screen.findByRole('note')).textContent).toBe(
      'Demo: this traffic is generated. None of it happened.',
    );
  });

  it('goes by keyboard, and not while a text is typed', async () => {
    const { user, router } = await renderApp('/');
    await screen.findByRole('meter');
    await user.keyboard('ga');
    await waitFor(() => expect(router.state.location.pathname).toBe('/alerts'));
    await user.keyboard('gn');
    await waitFor(() => expect(router.state.location.pathname).toBe('/anomalies'));
    await user.keyboard('/');
    expect(document.activeElement).toBe(screen.getByRole('searchbox', { name: 'Search events' }));
    await user.keyboard('ge root{Enter}');
    await waitFor(() => expect(router.state.location.href).toBe('/events?q=ge%20root'));
  });

  it('lists the shortcuts, and switches single keys off', async () => {
    const { user, router } = await renderApp('/');
    await screen.findByRole('meter');
    await user.keyboard('?');
    const dialog = await screen.findByRole('dialog', { name: 'Keyboard shortcuts' });
    await user.click(within(dialog).getByRole('switch', { name: /Single-key shortcuts/ }));
    await user.keyboard('{Escape}');
    await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull());
    await user.keyboard('ga');
    expect(router.state.location.pathname).toBe('/');
  });

  it('has a palette', async () => {
    const { user, router } = await renderApp('/');
    await screen.findByRole('meter');
    await user.keyboard('{Control>}k{/Control}');
    const field = await screen.findByRole('combobox', { name: 'Go to a page or search' });
    await user.type(field, 'anoma{Enter}');
    await waitFor(() => expect(router.state.location.pathname).toBe('/anomalies'));
  });

  it('switches language and theme at once, and remembers', async () => {
    const { user } = await renderApp('/');
    await user.click(await screen.findByRole('button', { name: /^Language/ }));
    await user.click(await screen.findByRole('menuitemradio', { name: 'Română' }));
    expect(await screen.findByRole('heading', { name: 'Informații de securitate' })).toBeTruthy();
    expect(document.documentElement.lang).toBe('ro');
    await user.click(screen.getByRole('button', { name: /^Temă/ }));
    await user.click(await screen.findByRole('menuitemradio', { name: 'Întunecată' }));
    await waitFor(() => expect(document.documentElement.dataset.mantineColorScheme).toBe('dark'));
    expect(localStorage.getItem('tocsin.theme')).toBe('dark');
    expect(localStorage.getItem('tocsin.language')).toBe('ro');
  });

  it('shows the state of the live connection, and announces a new critical alert', async () => {
    await renderApp('/');
    const stream = await waitFor(() => FakeEventSource.find('/api/siem/stream'));
    expect(screen.getByText('Connecting')).toBeTruthy();
    act(() => stream.onopen?.());
    expect(screen.getByText('Live')).toBeTruthy();
    act(() => stream.send('alert', anAlert({ id: 'al-77' })));
    expect(await screen.findByText('New critical alert about 192.0.2.44')).toBeTruthy();
    act(() => stream.onerror?.());
    expect(screen.getByText('Connection lost, retrying')).toBeTruthy();
  });

  it('leads to the login when the session is revoked', async () => {
    const { router } = await renderApp('/');
    const stream = await waitFor(() => FakeEventSource.find('/api/siem/stream'));
    act(() => stream.send('end', { reason: 'revoked' }));
    await waitFor(() => expect(router.state.location.pathname).toBe('/login'));
    expect(await screen.findByText('Your session has ended. Sign in again.')).toBeTruthy();
  });

  it('signs out', async () => {
    const { user, world, router } = await renderApp('/');
    await user.click(await screen.findByRole('button', { name: 'User menu: admin' }));
    await user.click(await screen.findByRole('menuitem', { name: 'Sign out' }));
    await waitFor(() => expect(router.state.location.pathname).toBe('/login'));
    expect(world.signedIn).toBe(false);
  });

  it('says that a page does not exist', async () => {
    await renderApp('/nowhere');
    expect(await screen.findByText('There is no page here')).toBeTruthy();
  });
});
