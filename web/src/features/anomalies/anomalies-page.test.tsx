import { act, screen, waitFor, within } from '@testing-library/react';
import { http } from 'msw';
import { describe, expect, it } from 'vitest';
import { FakeEventSource } from '../../test/event-source';
import { anAnomaly } from '../../test/factories';
import { problem } from '../../test/handlers';
import { renderApp } from '../../test/render';
import { server } from '../../test/server';

describe('the anomaly list', () => {
  it('shows the columns, type as a chip, confidence in percent', async () => {
    await renderApp('/anomalies');
    const link = await screen.findByRole('link', { name: 'Account enumeration' });
    const cells = within(link.closest('tr') as HTMLElement);
    expect(cells.getByText('82%')).toBeTruthy();
    expect(
      cells.getByText(/21 different user names tried from 2001:db8:41::7f within 5 minutes/),
    ).toBeTruthy();
    const headers = screen.getAllByRole('columnheader').map((header) => header.textContent);
    expect(headers).toEqual(['Severity', 'Type', 'Description', 'Confidence', 'Time', 'Actions']);
  });

  it('asks for the open ones unless told otherwise', async () => {
    const asked: (string | null)[] = [];
    server.events.on('request:start', ({ request }) => {
      const url = new URL(request.url);
      if (url.pathname === '/api/siem/anomalies') asked.push(url.searchParams.get('status'));
    });
    const { user } = await renderApp('/anomalies');
    await screen.findByRole('link', { name: 'Account enumeration' });
    await user.selectOptions(screen.getByLabelText('Status'), 'all');
    await waitFor(() => expect(asked).toContain(null));
    expect(asked[0]).toBe('open');
  });

  it('resolves with notes from its panel', async () => {
    const { user, world } = await renderApp('/anomalies/an-1');
    const panel = within(await screen.findByRole('complementary', { name: 'Anomaly Details' }));
    expect(await panel.findByText(/Failed password for invalid user oracle/)).toBeTruthy();
    await user.click(panel.getByRole('button', { name: 'Resolve' }));
    const dialog = within(await screen.findByRole('dialog', { name: 'Resolve anomaly' }));
    await user.type(dialog.getByLabelText('Resolution Notes'), 'Blocked at the edge.');
    await user.click(dialog.getByRole('button', { name: 'Resolve' }));
    expect(await screen.findByText('Anomaly resolved.')).toBeTruthy();
    expect(world.anomalies[0]).toMatchObject({ status: 'resolved', notes: 'Blocked at the edge.' });
    expect(await panel.findByText('Blocked at the edge.')).toBeTruthy();
  });

  it('holds new ones back', async () => {
    await renderApp('/anomalies');
    await screen.findByRole('link', { name: 'Account enumeration' });
    act(() => {
      const stream = FakeEventSource.find('/api/siem/stream');
      stream.send('anomaly', anAnomaly({ id: 'an-8' }));
      stream.send('anomaly', anAnomaly({ id: 'an-9' }));
      stream.send('anomaly', 'not json {');
    });
    expect(await screen.findByRole('button', { name: /2 new/ })).toBeTruthy();
  });

  it('names a type that it has no text for', async () => {
    await renderApp('/anomalies', { world: { anomalies: [anAnomaly({ type: 'sigma:4a7e' })] } });
    expect(await screen.findByRole('link', { name: 'sigma:4a7e' })).toBeTruthy();
  });

  it('says when there is nothing, and when it could not be loaded', async () => {
    const view = await renderApp('/anomalies', { world: { anomalies: [] } });
    expect(await screen.findByText('No open anomalies')).toBeTruthy();
    server.use(http.get('*/api/siem/anomalies', () => problem(503, 'unavailable')));
    await act(() => view.router.navigate({ to: '/anomalies', search: { severity: 'low' } }));
    expect((await screen.findByRole('alert')).textContent).toContain('could not be loaded');
  });
});
