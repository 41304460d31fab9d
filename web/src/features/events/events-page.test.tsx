import { act, screen, waitFor, within } from '@testing-library/react';
import { http } from 'msw';
import { describe, expect, it } from 'vitest';
import { FakeEventSource } from '../../test/event-source';
import { anEvent, someEvents } from '../../test/factories';
import { problem } from '../../test/handlers';
import { renderApp } from '../../test/render';
import { server } from '../../test/server';
import { eventQuery, eventSearch } from './event-search';

const id = '01J8ZQ4T6N0000000000000008';

describe('the event list', () => {
  it('shows Level, Source, Category, Message, Time', async () => {
    await renderApp('/events');
    expect((await screen.findAllByText(/Failed password for root/)).length).toBeGreaterThan(0);
    const headers = screen.getAllByRole('columnheader').map((header) => header.textContent);
    expect(headers).toEqual(['Level', 'Source', 'Category', 'Message', 'Time']);
  });

  it('searches by words, kept in the URL', async () => {
    const { user, router } = await renderApp('/events');
    await screen.findAllByText(/Failed password for root/);
    await user.type(
      screen.getByRole('searchbox', { name: 'Words in the message and attributes' }),
      'Slow valid{Enter}',
    );
    await waitFor(() => expect(router.state.location.href).toBe('/events?q=Slow%20valid'));
    await waitFor(() => expect(screen.queryByText(/Failed password/)).toBeNull());
    expect((await screen.findAllByText(/Slow validation/)).length).toBeGreaterThan(0);
  });

  it('sends the filters of the URL to the server', async () => {
    const asked: string[] = [];
    server.events.on('request:start', ({ request }) => {
      const url = new URL(request.url);
      if (url.pathname === '/api/siem/logs') asked.push(url.search);
    });
    await renderApp(
      '/events?level=high&source=llm&user=ana&ip=192.0.2.0/24&from=2026-01-01T00:00:00Z&limit=9',
    );
    await waitFor(() => expect(asked).toHaveLength(1));
    expect(Object.fromEntries(new URLSearchParams(asked[0]))).toEqual({
      level: 'high',
      source: 'llm',
      user_id: 'ana',
      ip_address: '192.0.2.0/24',
      from: '2026-01-01T00:00:00.000Z',
      limit: '100',
    });
  });

  it('opens an event as fields, JSON and raw, none of which acts', async () => {
    const { user, router } = await renderApp(`/events/${id}`);
    const panel = within(await screen.findByRole('complementary', { name: 'Event' }));
    expect((await panel.findAllByText(/attrs\.sshd\.method/)).length).toBe(1);
    await user.click(panel.getByRole('tab', { name: 'JSON' }));
    expect((await panel.findByText(/"sshd\.method": "password"/)).tagName).toBe('PRE');
    expect(router.state.location.href).toBe(`/events/${id}?tab=json`);
    await user.click(panel.getByRole('tab', { name: 'Raw' }));
    expect(await panel.findByText(/^<38>Nov 23/)).toBeTruthy();
    expect('__pwned' in window).toBe(false);
  });

  it('escapes the bytes of a raw line', async () => {
    const events = [anEvent({ id, raw: 'a\u0000b\u001b[31m\u202e' })];
    await renderApp(`/events/${id}?tab=raw`, { world: { events } });
    const panel = within(await screen.findByRole('complementary', { name: 'Event' }));
    expect(await panel.findByText('a\\x00b\\x1b[31m\\xe2\\x80\\xae')).toBeTruthy();
  });

  it('follows new events live, and stands still while held', async () => {
    const { user } = await renderApp('/events?live=1&level=high');
    await screen.findByText('Waiting for events');
    const stream = FakeEventSource.find('/search/stream');
    expect(stream.url).toBe('/api/siem/search/stream?level=high');
    act(() => {
      stream.onopen?.();
      stream.send('log', anEvent({ id: 'n1', message: 'first live line' }));
    });
    expect(await screen.findByText('first live line')).toBeTruthy();
    await user.click(screen.getByRole('button', { name: 'Hold' }));
    act(() => stream.send('log', anEvent({ id: 'n2', message: 'second live line' })));
    expect(await screen.findByText('Held. 1 event waiting')).toBeTruthy();
    expect(screen.queryByText('second live line')).toBeNull();
    await user.click(screen.getByRole('button', { name: 'Resume' }));
    expect(await screen.findByText('second live line')).toBeTruthy();
    act(() => stream.send('dropped', { count: 12 }));
    expect(await screen.findByText(/12 events left out/)).toBeTruthy();
  });

  it('teaches when there is nothing yet', async () => {
    await renderApp('/events', { world: { events: [] } });
    expect(await screen.findByText('No events yet')).toBeTruthy();
    expect(screen.getByText(/omfwd/)).toBeTruthy();
  });

  it('offers to look at all time when a range has none', async () => {
    const { user, router } = await renderApp('/events?range=15m&q=nothing-like-this', {
      world: { events: someEvents() },
    });
    await user.click(await screen.findByRole('button', { name: 'Look at all time' }));
    await waitFor(() => expect(router.state.location.href).toBe('/events?q=nothing-like-this'));
  });

  it('names the filter that the server does not understand', async () => {
    const view = await renderApp('/login');
    server.use(
      http.get('*/api/siem/logs', () => problem(400, 'invalid_field', 'ip_address: not an address')),
    );
    await act(() => view.router.navigate({ to: '/events', search: { ip: 'x' } }));
    const alert = await screen.findByRole('alert');
    expect(alert.textContent).toContain('does not understand this filter');
    expect(alert.textContent).toContain('ip_address: not an address');
  });
});

describe('eventQuery', () => {
  const now = Date.parse('2026-11-23T12:00:00.500Z');
  it('counts a range back from now', () => {
    expect(eventQuery(eventSearch({ range: '1h' }), now).from).toBe('2026-11-23T11:00:00.000Z');
  });
  it('lets fixed moments win over a range', () => {
    const query = eventQuery(eventSearch({ range: '1h', from: '2026-11-01T00:00:00Z' }), now);
    expect(query).toMatchObject({ from: '2026-11-01T00:00:00.000Z', to: undefined });
  });
});
