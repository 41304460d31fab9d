import { act, screen, waitFor } from '@testing-library/react';
import { HttpResponse, http } from 'msw';
import { describe, expect, it } from 'vitest';
import { FakeEventSource } from '../../test/event-source';
import { anEvent } from '../../test/factories';
import { anAnswer } from '../../test/hunt';
import { renderApp } from '../../test/render';
import { server } from '../../test/server';

describe('a hunt followed live', () => {
  it('shows what it finds as it comes in, without its time, and is in the URL', async () => {
    const { user, router } = await renderApp('/hunt?q=user%3Aroot&range=1h');
    await user.click(await screen.findByRole('button', { name: 'Live tail' }));
    await screen.findByText('Waiting for events');
    expect(router.state.location.href).toBe('/hunt?q=user:root&range=1h&live=1');
    const stream = FakeEventSource.find('/search/stream');
    expect(stream.url).toBe('/api/siem/search/stream?hunt=user:root');
    act(() => {
      stream.onopen?.();
      stream.send('log', anEvent({ id: 'n1', message: 'first live line' }));
    });
    expect(await screen.findByText('first live line')).toBeTruthy();
    expect(screen.queryByRole('combobox', { name: 'Time range' })).toBeNull();
    expect(screen.queryByRole('button', { name: 'Export' })).toBeNull();
    act(() => stream.send('dropped', { count: 3 }));
    expect(await screen.findByText(/^3 events left out/)).toBeTruthy();
    await user.click(screen.getByRole('button', { name: 'Stop' }));
    await waitFor(() => expect(router.state.location.search).toEqual({ q: 'user:root', range: '1h' }));
    expect(stream.closed).toBe(true);
  });

  it('stands still by the key p, under the pointer, and while an event is open', async () => {
    const { user } = await renderApp('/hunt?q=user%3Aroot&live=1');
    await screen.findByText('Waiting for events');
    const stream = FakeEventSource.find('/search/stream');
    act(() => {
      stream.onopen?.();
      stream.send('log', anEvent({ id: 'n1', message: 'first live line' }));
    });
    await screen.findByText('first live line');
    await user.keyboard('p');
    act(() => stream.send('log', anEvent({ id: 'n2', message: 'second live line' })));
    expect(await screen.findByText('Held. 1 event waiting')).toBeTruthy();
    await user.keyboard('p');
    expect(await screen.findByText('second live line')).toBeTruthy();
    await user.hover(screen.getByText('first live line'));
    act(() => stream.send('log', anEvent({ id: 'n3', message: 'third live line' })));
    expect(await screen.findByText('Held. 1 event waiting')).toBeTruthy();
    expect(screen.queryByText('third live line')).toBeNull();
    await user.unhover(screen.getByText('first live line'));
    await user.hover(screen.getByRole('button', { name: 'Hold' }));
    expect(await screen.findByText('third live line')).toBeTruthy();
  });

  it.each([
    ['en', 'Live tail', 'x | stats count by user', /^Only a condition can be followed live/],
    ['ro', 'În direct', 'x | stats count by user', /^Doar o condiție poate fi urmărită/],
  ] as const)('says why a table cannot be (%s)', async (language, name, q, why) => {
    const { user, router } = await renderApp(`/hunt?q=${encodeURIComponent(q)}`, { language });
    const button = await screen.findByRole('button', { name });
    expect(button.getAttribute('aria-disabled')).toBe('true');
    expect(document.getElementById(button.getAttribute('aria-describedby') ?? '')?.textContent).toMatch(why);
    await user.click(button);
    expect(router.state.location.search).toEqual({ q });
    expect(FakeEventSource.open.some(({ url }) => url.includes('hunt='))).toBe(false);
  });

  it('says that a hunt with an end finds nothing new, also when its address says live', async () => {
    const view = await renderApp('/login');
    const explain = [{ key: 'prune.time', params: [{ key: 'to', values: ['<now'] }] }];
    server.use(http.get('*/api/siem/search', () => HttpResponse.json(anAnswer({ explain, events: [] }))));
    await view.router.navigate({ to: '/hunt', search: { q: 'latest=now', live: true } });
    expect(await screen.findByText(/^The hunt ends at a moment/)).toBeTruthy();
    expect(FakeEventSource.open.some(({ url }) => url.includes('hunt='))).toBe(false);
    await view.user.click(screen.getByRole('button', { name: 'Show what it found' }));
    await waitFor(() => expect(view.router.state.location.search).toEqual({ q: 'latest=now' }));
  });
});
