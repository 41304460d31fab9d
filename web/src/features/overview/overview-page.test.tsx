import { act, screen, within } from '@testing-library/react';
import { HttpResponse, http } from 'msw';
import { describe, expect, it } from 'vitest';
import { FakeEventSource } from '../../test/event-source';
import { aVerification } from '../../test/evidence';
import { aDashboard } from '../../test/factories';
import { problem } from '../../test/handlers';
import { renderApp } from '../../test/render';
import { server } from '../../test/server';

const dashboard = (change: Parameters<typeof aDashboard>[0]) =>
  server.use(http.get('*/api/siem/dashboard', () => HttpResponse.json(aDashboard(change))));

describe('the overview', () => {
  it('shows score, counts and health, and each number leads to its list', async () => {
    await renderApp('/');
    const meter = await screen.findByRole('meter', { name: 'Threat Score' });
    expect(meter.getAttribute('aria-valuetext')).toBe('74 of 100, level High');
    const link = (name: RegExp) => screen.getByRole('link', { name }).getAttribute('href');
    expect(link(/Critical Anomalies/)).toBe('/anomalies?severity=critical');
    expect(link(/Active Alerts/)).toBe('/alerts?status=active');
    expect(link(/Ingest Rate/)).toBe('/events?range=15m');
    expect(screen.getByText('Intact')).toBeTruthy();
    expect(screen.getByText('nothing dropped since the start')).toBeTruthy();
  });

  it('opens at the inherited address too', async () => {
    const { router } = await renderApp('/security/intelligence');
    expect(await screen.findByRole('heading', { name: 'Security Intelligence' })).toBeTruthy();
    expect(router.state.location.pathname).toBe('/');
  });

  it('says when nothing needs anybody, and teaches the first event', async () => {
    const pending = renderApp('/', { world: { alerts: [], anomalies: [] } });
    const view = await pending;
    dashboard({ recent_alerts: [], sources: [], top_entities: [], threat_score: 0, threat_level: 'low' });
    await act(() => view.queries.refetchQueries());
    expect(await screen.findByText('No open alerts')).toBeTruthy();
    expect(screen.getByText(/Send a first event/)).toBeTruthy();
    expect(screen.getByText(/api\/siem\/events/)).toBeTruthy();
  });

  it('follows the live stream without a reload', async () => {
    await renderApp('/');
    await screen.findByRole('meter');
    act(() =>
      FakeEventSource.find('/api/siem/stream').send(
        'health',
        aDashboard({ threat_score: 12, threat_level: 'low' }),
      ),
    );
    expect((await screen.findByRole('meter')).getAttribute('aria-valuenow')).toBe('12');
  });

  it('says what went wrong and offers to try again', async () => {
    const view = await renderApp('/login');
    server.use(http.get('*/api/siem/dashboard', () => problem(500, 'internal')));
    await act(() => view.router.navigate({ to: '/' }));
    const alert = await screen.findByRole('alert');
    expect(alert.textContent).toContain('The overview could not be loaded');
    server.use(http.get('*/api/siem/dashboard', () => HttpResponse.json(aDashboard())));
    await view.user.click(within(alert).getByRole('button', { name: 'Try again' }));
    expect(await screen.findByRole('meter')).toBeTruthy();
  });

  it.each([
    [{ status: 'VALID', total: 1234, verified: 1234, tampered: 0 }, /checked and intact: 1,234/],
    [{ status: 'INVALID', total: 1234, verified: 1232, tampered: 2 }, /WARNING: 2 of 1,234 events/],
  ])('tells the outcome of an integrity check: %o', async (outcome, text) => {
    const { user } = await renderApp('/');
    server.use(http.post('*/api/siem/logs/verify', () => HttpResponse.json({ ...outcome, entries: [] })));
    await user.click(await screen.findByRole('button', { name: 'Verify Integrity' }));
    expect(await screen.findByText(text)).toBeTruthy();
  });

  it('waits for a check that goes on in the background', async () => {
    const { user } = await renderApp('/');
    const job = { id: 'j1', progress: 0, began_at: '2026-11-23T10:00:00Z', ended_at: null };
    const result = { ...aVerification(), total: 2_000_000, verified: 2_000_000 };
    let asked = 0;
    server.use(
      http.post('*/api/siem/logs/verify', () =>
        HttpResponse.json(
          { ...job, state: 'running' },
          { status: 202, headers: { Location: '/api/siem/logs/verify/j1' } },
        ),
      ),
      http.get('*/api/siem/logs/verify/j1', () => {
        asked += 1;
        return HttpResponse.json(
          asked < 2 ? { ...job, state: 'running' } : { ...job, state: 'done', result },
        );
      }),
    );
    await user.click(await screen.findByRole('button', { name: 'Verify Integrity' }));
    expect(await screen.findByText(/checked and intact: 2,000,000/, {}, { timeout: 10_000 })).toBeTruthy();
    expect(asked).toBe(2);
  }, 15_000);

  it('says when a check in the background failed', async () => {
    const { user } = await renderApp('/');
    const job = { id: 'j1', progress: 0, began_at: '2026-11-23T10:00:00Z', ended_at: null };
    server.use(
      http.post('*/api/siem/logs/verify', () =>
        HttpResponse.json({ ...job, state: 'failed' }, { status: 202 }),
      ),
    );
    await user.click(await screen.findByRole('button', { name: 'Verify Integrity' }));
    expect(await screen.findByText(/could not be/)).toBeTruthy();
  });

  it('says when a check is already running', async () => {
    const { user } = await renderApp('/');
    server.use(http.post('*/api/siem/logs/verify', () => problem(409, 'busy')));
    await user.click(await screen.findByRole('button', { name: 'Verify Integrity' }));
    expect(await screen.findByText(/already running/)).toBeTruthy();
  });
});
