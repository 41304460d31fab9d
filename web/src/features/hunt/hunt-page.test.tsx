import { screen, waitFor, within } from '@testing-library/react';
import { HttpResponse, http } from 'msw';
import { describe, expect, it } from 'vitest';
import { anEvent } from '../../test/factories';
import { problem } from '../../test/handlers';
import { aMistake, anAnswer } from '../../test/hunt';
import { renderApp } from '../../test/render';
import { server } from '../../test/server';

const bar = () => screen.findByRole('textbox', { name: 'Hunt' }) as Promise<HTMLTextAreaElement>;

/** What is asked of the server, without what is asked beside the answer. */
function watch() {
  const asked: Record<string, string>[] = [];
  server.events.on('request:start', ({ request }) => {
    const url = new URL(request.url);
    if (url.pathname === '/api/siem/search' && !url.searchParams.has('histogram'))
      asked.push(Object.fromEntries(url.searchParams));
  });
  return asked;
}

describe('a hunt', () => {
  it('begins with examples, each of which runs', async () => {
    const { user, router } = await renderApp('/hunt');
    await user.click(await screen.findByRole('button', { name: /The most frequent values/ }));
    await waitFor(() =>
      expect(router.state.location.search).toEqual({ q: 'severity>=medium | top limit=10 user by host' }),
    );
  });

  it('runs on Enter, is in the URL, and shows events, newest first', async () => {
    const { user, router } = await renderApp('/hunt');
    const input = await bar();
    await waitFor(() => expect(document.activeElement).toBe(input));
    await user.keyboard('root{Enter}');
    await waitFor(() => expect(router.state.location.href).toBe('/hunt?q=root'));
    const table = await screen.findByRole('table', { name: 'Events found' });
    expect(within(table).getAllByText(/Failed password for root/).length).toBeGreaterThan(0);
    expect(await screen.findByText('1 event found')).toBeTruthy();
    expect(screen.getByText('18,460 events, 1.4 MB, scanned in 4 ms')).toBeTruthy();
  });

  it('asks for everything when nothing is written, and begins a line on Shift+Enter', async () => {
    const { user, router } = await renderApp('/hunt');
    const input = await bar();
    await user.click(input);
    await user.keyboard('{Enter}');
    await waitFor(() => expect(router.state.location.search).toEqual({ q: '*' }));
    await user.keyboard('{Shift>}{Enter}{/Shift}');
    expect(input.value).toBe('*\n');
  });

  it('counts a range back from the moment it is run', async () => {
    const asked = watch();
    await renderApp('/hunt?q=root&range=1h');
    await waitFor(() => expect(asked).toHaveLength(1));
    expect(Date.now() - Date.parse(asked[0]?.from ?? '')).toBeGreaterThan(3_590_000);
    expect(asked[0]?.to).toBeUndefined();
  });

  it('marks what the server does not understand, and takes its suggestion', async () => {
    const { user, router } = await renderApp('/hunt?q=a%20%7C%20statz%20count');
    const alert = await screen.findByRole('alert');
    expect(alert.textContent).toContain('There is no such stage');
    expect(within(alert).getByText('statz')).toBeTruthy();
    const input = await bar();
    expect(input.getAttribute('aria-invalid')).toBe('true');
    expect(input.getAttribute('aria-describedby')).toContain(alert.id);
    expect(document.querySelector('mark')?.textContent).toBe('statz');
    await user.click(within(alert).getByRole('button', { name: 'Use “stats”' }));
    await waitFor(() => expect(router.state.location.search).toEqual({ q: 'a | stats count' }));
    expect(await screen.findByRole('table', { name: 'Table of the hunt' })).toBeTruthy();
  });

  it('marks a place behind the end, and forgets it when the text changes', async () => {
    const view = await renderApp('/login', { language: 'ro' });
    server.use(
      http.get('*/api/siem/search', () =>
        aMistake({ column: 6, length: 0, reason: 'missing', suggestion: undefined }),
      ),
    );
    await view.router.navigate({ to: '/hunt', search: { q: '😀 us=' } });
    expect((await screen.findByRole('alert')).textContent).toContain('Aici lipsește ceva');
    expect(document.querySelector('mark')?.textContent).toBe('\u00a0');
    await view.user.type(await screen.findByRole('textbox', { name: 'Investigare' }), 'x');
    expect(document.querySelector('mark')).toBeNull();
  });

  it('completes by keyboard', async () => {
    const { user } = await renderApp('/hunt');
    const input = await bar();
    await user.click(input);
    await user.keyboard('ca');
    const list = await screen.findByRole('listbox', { name: 'Suggestions' });
    expect(input.getAttribute('aria-controls')).toBe(list.id);
    await user.keyboard('{ArrowDown}{ArrowDown}');
    const chosen = within(list).getByRole('option', { selected: true });
    expect(input.getAttribute('aria-activedescendant')).toBe(chosen.id);
    await user.keyboard('{Enter}');
    expect(input.value).toBe('category=login_failed');
    await waitFor(() => expect(screen.queryByRole('listbox')).toBeNull());
    await user.keyboard('x');
    await screen.findByRole('listbox');
    await user.keyboard('{Escape}');
    expect(screen.queryByRole('listbox')).toBeNull();
  });

  it('is stopped by a button', async () => {
    const view = await renderApp('/login');
    let ended = false;
    server.use(
      http.get('*/api/siem/search', ({ request }) => {
        request.signal.addEventListener('abort', () => {
          ended = true;
        });
        return new Promise<Response>(() => {});
      }),
    );
    await view.router.navigate({ to: '/hunt', search: { q: 'slow' } });
    await view.user.click(await screen.findByRole('button', { name: 'Stop' }));
    expect(await screen.findByText('Stopped')).toBeTruthy();
    await waitFor(() => expect(ended).toBe(true));
  });

  it.each([
    [503, 'too_slow', 'The hunt took too long'],
    [500, 'internal', 'The hunt could not be carried out'],
    [400, 'hunt_too_large', 'The hunt needs more groups or memory than it may have'],
  ])('tells why there is no answer (%i %s)', async (status, code, text) => {
    const view = await renderApp('/login');
    server.use(http.get('*/api/siem/search', () => problem(status, code, 'more than 100000 groups')));
    await view.router.navigate({ to: '/hunt', search: { q: 'x' } });
    expect((await screen.findByText(text)).closest('[role="alert"]')).toBeTruthy();
  });

  it('tells of stored events that cannot be read', async () => {
    const view = await renderApp('/login');
    server.use(
      http.get('*/api/siem/search', () =>
        HttpResponse.json(anAnswer({ events: [anEvent()] }), { headers: { 'Tocsin-Incomplete': '3' } }),
      ),
    );
    await view.router.navigate({ to: '/hunt', search: { q: 'x' } });
    expect(await screen.findByText(/^3 stored events cannot be read/)).toBeTruthy();
  });
});
