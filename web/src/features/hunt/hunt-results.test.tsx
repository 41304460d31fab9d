import { cleanup, screen, waitFor, within } from '@testing-library/react';
import { HttpResponse, http } from 'msw';
import { describe, expect, it, vi } from 'vitest';
import { anEvent, hostileMessage, someEvents } from '../../test/factories';
import { anAnswer } from '../../test/hunt';
import { renderApp } from '../../test/render';
import { server } from '../../test/server';

describe('what was found', () => {
  it('goes on behind the last event', async () => {
    const view = await renderApp('/login');
    server.use(
      http.get('*/api/siem/search', ({ request }) => {
        const cursor = new URL(request.url).searchParams.get('cursor');
        const message = cursor === 'c1' ? 'an older line' : 'a newer line';
        return HttpResponse.json(
          anAnswer({ events: [anEvent({ id: message, message })], next: cursor ? null : 'c1', total: 2 }),
        );
      }),
    );
    await view.router.navigate({ to: '/hunt', search: { q: '*' } });
    await screen.findByText('a newer line');
    await view.user.click(screen.getByRole('button', { name: 'Load more' }));
    expect(await screen.findByText('an older line')).toBeTruthy();
    expect(screen.queryByRole('button', { name: 'Load more' })).toBeNull();
  });

  it('is shown a hundred at a time when one answer has more', async () => {
    const view = await renderApp('/login');
    const many = Array.from({ length: 130 }, (_, at) => anEvent({ id: `e${at}`, message: `line ${at}` }));
    const asked: URL[] = [];
    server.use(
      http.get('*/api/siem/search', ({ request }) => {
        asked.push(new URL(request.url));
        return HttpResponse.json(anAnswer({ events: many, total: 130 }));
      }),
    );
    await view.router.navigate({ to: '/hunt', search: { q: '* | where true()', columns: 'message' } });
    await screen.findByText('line 0');
    await screen.findByText('line 99');
    expect(screen.queryByText('line 100')).toBeNull();
    await view.user.click(screen.getByRole('button', { name: 'Load more' }));
    expect(await screen.findByText('line 129')).toBeTruthy();
    expect(asked.filter((url) => !url.searchParams.has('histogram'))).toHaveLength(1);
    expect(screen.queryByRole('button', { name: 'Load more' })).toBeNull();
  });

  it('is narrowed by its frequent values', async () => {
    const { user, router } = await renderApp('/hunt?q=password%20%7C%20head%209');
    const facets = await screen.findByRole('region', { name: 'Frequent values' });
    await user.click(await within(facets).findByRole('button', { name: 'Only with user oracle' }));
    await waitFor(() =>
      expect(router.state.location.search).toEqual({ q: 'password user:"oracle" | head 9' }),
    );
    await user.click(
      await within(await screen.findByRole('region', { name: 'Frequent values' })).findByRole('button', {
        name: 'Without user oracle',
      }),
    );
    await waitFor(() =>
      expect(router.state.location.search).toEqual({ q: 'password -user:"oracle" | head 9' }),
    );
  });

  it('has its histogram as a table that zooms', async () => {
    const { user, router } = await renderApp('/hunt?q=*&from=2026-11-20T00:00:00Z');
    const chart = await screen.findByRole('region', { name: 'Events by time and severity' });
    expect(within(chart).getByRole('img', { name: 'Events by time and severity' })).toBeTruthy();
    await user.click(within(chart).getByText('As a table'));
    const table = within(chart).getByRole('table', { name: 'Events by time and severity' });
    expect(
      within(table)
        .getAllByRole('columnheader')
        .map((cell) => cell.textContent),
    ).toEqual(['From', 'Critical', 'Info', 'Actions']);
    const zoom = within(table).getAllByRole('button', { name: /^Zoom to/ })[0];
    if (zoom) await user.click(zoom);
    await waitFor(() => {
      const { from, to } = router.state.location.search as { from: string; to: string };
      expect(Date.parse(to) - Date.parse(from)).toBe(60_000);
    });
  });

  it('shows the columns that are chosen, from the URL', async () => {
    const { user, router } = await renderApp('/hunt?q=*&columns=message,attrs.port');
    const headers = async () => {
      const table = await screen.findByRole('table', { name: 'Events found' });
      return within(table)
        .getAllByRole('columnheader')
        .map((cell) => cell.textContent);
    };
    expect(await headers()).toEqual(['Message', 'attrs.port']);
    expect((await screen.findAllByText('51822')).length).toBeGreaterThan(0);
    await user.click(screen.getByRole('button', { name: 'Columns' }));
    await user.click(await screen.findByRole('menuitemcheckbox', { name: 'host' }));
    await waitFor(() =>
      expect(router.state.location.search).toMatchObject({ columns: 'message,attrs.port,host' }),
    );
    expect(await headers()).toEqual(['Message', 'attrs.port', 'host']);
  });

  it('opens an event beside it, whose values are hunted for', async () => {
    const { user, router } = await renderApp('/hunt?q=*');
    const [link] = await screen.findAllByRole('link', { name: /Failed password for root/ });
    if (link) await user.click(link);
    const panel = within(await screen.findByRole('complementary', { name: 'Event' }));
    expect(await panel.findByRole('region', { name: 'Proof' })).toBeTruthy();
    await user.click(await panel.findByRole('tab', { name: 'JSON' }));
    await waitFor(() => expect(router.state.location.search).toMatchObject({ tab: 'json' }));
    await user.click(panel.getByRole('tab', { name: 'Fields' }));
    await user.click(await panel.findByRole('button', { name: 'What to do with ip' }));
    await user.click(await screen.findByRole('menuitem', { name: 'Hunt only for this' }));
    await waitFor(() => expect(router.state.location.search).toEqual({ q: 'ip:"192.0.2.44"' }));
  });

  it('makes no condition of what is a list or a place in the journal', async () => {
    const events = [anEvent({ id: '01J8ZQ4T6N0000000000000001', tags: ['a', 'b'] })];
    const { user } = await renderApp('/hunt?q=*&row=01J8ZQ4T6N0000000000000001', { world: { events } });
    for (const field of ['tags', 'seq', 'time']) {
      await user.click(await screen.findByRole('button', { name: `What to do with ${field}` }));
      const items = (await screen.findAllByRole('menuitem')).map((item) => item.textContent);
      expect(items).toEqual(['Five minutes before and after', 'Copy the value']);
      await user.keyboard('{Escape}');
      await waitFor(() => expect(screen.queryByRole('menu')).toBeNull());
    }
    // Esc was for the menus
    expect(screen.getByRole('complementary', { name: 'Event' })).toBeTruthy();
  });

  it('is text, whatever it says', async () => {
    await renderApp('/hunt?q=*', { world: { events: someEvents(6) } });
    expect(await screen.findByText(/‹U\+202E›/)).toBeTruthy();
    expect(screen.queryByText(hostileMessage)).toBeNull();
    expect('__pwned' in window).toBe(false);
  });

  it('is shared with its time fixed', async () => {
    const { user } = await renderApp('/hunt?q=root&range=1h');
    const write = vi.spyOn(navigator.clipboard, 'writeText');
    await user.click(await screen.findByRole('button', { name: 'Copy link' }));
    const link = new URL(String(write.mock.calls[0]?.[0]));
    expect(link.pathname).toBe('/hunt');
    const { from, to, range } = Object.fromEntries(link.searchParams) as Record<string, string>;
    expect(range).toBeUndefined();
    expect(Date.parse(to ?? '') - Date.parse(from ?? '')).toBeGreaterThanOrEqual(3_600_000);
  });

  it('is shared with the relative times of the hunt fixed, too, until they count from now again', async () => {
    const { user } = await renderApp('/hunt?q=root%20earliest%3D-24h');
    const write = vi.spyOn(navigator.clipboard, 'writeText');
    await user.click(await screen.findByRole('button', { name: 'Copy link' }));
    const link = new URL(String(write.mock.calls[0]?.[0]));
    const now = link.searchParams.get('now') ?? '';
    expect(now).toBe(link.searchParams.get('to'));
    cleanup();
    const asked: (string | null)[] = [];
    const shared = await renderApp(link.pathname + link.search);
    server.events.on('request:start', ({ request }) => {
      const url = new URL(request.url);
      if (url.pathname === '/api/siem/search') asked.push(url.searchParams.get('now'));
    });
    expect(await screen.findByText(/^Relative times of the hunt count from/)).toBeTruthy();
    await waitFor(() => expect(asked).toContain(now));
    asked.length = 0;
    await shared.user.click(screen.getByRole('button', { name: 'Count from now' }));
    await waitFor(() => expect(asked).toContain(null));
    expect(asked).not.toContain(now);
    expect((shared.router.state.location.search as { now?: string }).now).toBeUndefined();
  });

  it('offers what can be done with a frequent value and with a severity', async () => {
    const { user, router } = await renderApp('/hunt?q=*');
    const facets = await screen.findByRole('region', { name: 'Frequent values' });
    await user.click(await within(facets).findByRole('button', { name: 'High' }));
    await user.click(await screen.findByRole('menuitem', { name: 'Hunt only for this' }));
    await waitFor(() => expect(router.state.location.search).toEqual({ q: 'severity:"high"' }));
  });

  it.each([
    ['en', 'Look at all time'],
    ['ro', 'Căutați în tot timpul'],
  ] as const)('may be nothing, and then says what to do (%s)', async (language, widen) => {
    const { user, router } = await renderApp('/hunt?q=nothing-like-this&range=15m', { language });
    await user.click(await screen.findByRole('button', { name: widen }));
    await waitFor(() => expect(router.state.location.search).toEqual({ q: 'nothing-like-this' }));
  });
});
