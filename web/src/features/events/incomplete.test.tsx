import { screen, within } from '@testing-library/react';
import { HttpResponse, http } from 'msw';
import { describe, expect, it } from 'vitest';
import { anEvent } from '../../test/factories';
import { renderApp } from '../../test/render';
import { server } from '../../test/server';

const listing = (count: string | undefined, items = [anEvent({ message: 'still here' })]) =>
  http.get('*/api/siem/logs', () =>
    HttpResponse.json(
      { items, next: null, total: null },
      count === undefined ? {} : { headers: { 'Tocsin-Incomplete': count } },
    ),
  );

const open = async (path: string, language: 'en' | 'ro' = 'en') => {
  const view = await renderApp('/login', { language });
  return (handler: Parameters<typeof server.use>[0]) => {
    server.use(handler);
    return view.router.navigate({ to: path });
  };
};

const notes = () => screen.queryAllByRole('status').map((note) => note.textContent);

describe('stored events that cannot be read', () => {
  it.each([
    ['en', '1', /^1 stored event cannot be read and may be missing here\./],
    ['en', '2048', /^2,048 stored events cannot be read/],
    ['ro', '1', /^1 eveniment stocat nu poate fi citit și poate lipsi de aici\./],
    ['ro', '3', /^3 evenimente stocate nu pot fi citite și pot lipsi/],
    ['ro', '20', /^20 de evenimente stocate nu pot fi citite/],
  ] as const)('are told above the list (%s, %s)', async (language, count, text) => {
    await (await open('/events', language))(listing(count));
    await screen.findAllByText('still here');
    expect(notes().filter((note) => text.test(note ?? ''))).toHaveLength(1);
  });

  it('are told where nothing matches, too', async () => {
    await (await open('/events'))(listing('7', []));
    await screen.findByText('No events yet');
    expect(notes().some((note) => note?.startsWith('7 stored events cannot be read'))).toBe(true);
  });

  it.each([undefined, '0', '-1', 'many', ''])('are not made up (%s)', async (count) => {
    await (await open('/events'))(listing(count));
    await screen.findAllByText('still here');
    expect(notes().filter((note) => note?.includes('cannot be read'))).toEqual([]);
  });

  it('are told of an alert, and are not called gone', async () => {
    const view = await renderApp('/login');
    const alert = view.world.alerts[0];
    server.use(
      http.get('*/api/siem/alerts/:id', () =>
        HttpResponse.json(
          { alert, findings: [], anomalies: [], events: [] },
          { headers: { 'Tocsin-Incomplete': '2' } },
        ),
      ),
    );
    await view.router.navigate({ to: '/alerts/$alertId', params: { alertId: 'al-1' }, search: {} });
    const panel = within(await screen.findByRole('complementary', { name: 'Alert Details' }));
    expect(
      (await panel.findByText(/^2 of its events are stored and cannot be read/)).closest('[role="status"]'),
    ).toBeTruthy();
    expect(panel.queryByText('The events are no longer kept.')).toBeNull();
  });

  it('are told of an anomaly, apart from those that are gone', async () => {
    const view = await renderApp('/login');
    const anomaly = view.world.anomalies[0];
    const ids = ['01J8ZQ4T6N0000000000000001', '01J8ZQ4T6N0000000000000002'];
    if (anomaly) anomaly.evidence = ids;
    server.use(
      http.get('*/api/siem/logs/:id', ({ params }) =>
        HttpResponse.json(
          { status: 404, code: 'not_found' },
          { status: 404, headers: params.id === ids.at(-1) ? { 'Tocsin-Incomplete': '9' } : {} },
        ),
      ),
    );
    await view.router.navigate({
      to: '/anomalies/$anomalyId',
      params: { anomalyId: anomaly?.id ?? '' },
      search: {},
    });
    const note = await screen.findByText(/^1 of its events is stored and cannot be read/);
    expect(note.closest('[role="status"]')).toBeTruthy();
    expect(screen.getByText(/no longer kept/)).toBeTruthy();
  });

  it('may be the event that is asked for', async () => {
    const view = await renderApp('/login');
    server.use(
      http.get('*/api/siem/logs/:id', () =>
        HttpResponse.json(
          { status: 404, code: 'not_found' },
          { status: 404, headers: { 'Tocsin-Incomplete': '4' } },
        ),
      ),
    );
    await view.router.navigate({
      to: '/events/$eventId',
      params: { eventId: '01J8ZQ4T6N0000000000000001' },
      search: {},
    });
    expect(await screen.findByText('4 stored events cannot be read: this may be one of them.')).toBeTruthy();
    expect(screen.getByText('There is no such event')).toBeTruthy();
  });
});
