import { act, screen, waitFor, within } from '@testing-library/react';
import { http } from 'msw';
import { describe, expect, it } from 'vitest';
import { FakeEventSource } from '../../test/event-source';
import { anAlert } from '../../test/factories';
import { problem } from '../../test/handlers';
import { renderApp } from '../../test/render';
import { server } from '../../test/server';

const row = async (name: RegExp) => {
  const link = await screen.findByRole('link', { name });
  return link.closest('tr') as HTMLTableRowElement;
};
const brute = /Brute-force attack from 192\.0\.2\.44/;

describe('the alert list', () => {
  it('shows the columns and what each alert says', async () => {
    await renderApp('/alerts');
    const cells = within(await row(brute));
    expect(cells.getByText('Critical')).toBeTruthy();
    expect(cells.getByText('34 failed logins within 10 minutes (threshold 10).')).toBeTruthy();
    expect(cells.getByText('Active')).toBeTruthy();
    const headers = screen.getAllByRole('columnheader').map((header) => header.textContent);
    expect(headers).toEqual([
      'Severity',
      'Title',
      'Description',
      'Entity',
      'Events',
      'Status',
      'Time',
      'Actions',
    ]);
  });

  it('speaks Romanian throughout', async () => {
    await renderApp('/alerts', { language: 'ro' });
    const link = await screen.findByRole('link', { name: 'Atac prin forță brută de la 192.0.2.44' });
    const cells = within(link.closest('tr') as HTMLElement);
    expect(cells.getByText('34 de autentificări eșuate în 10 minute (prag 10).')).toBeTruthy();
    expect(cells.getByText('Critică')).toBeTruthy();
    expect(document.documentElement.lang).toBe('ro');
  });

  it('acknowledges from the row', async () => {
    const { user, world } = await renderApp('/alerts');
    await user.click(within(await row(brute)).getByRole('button', { name: 'Acknowledge' }));
    expect(await screen.findByText('Alert acknowledged. It is assigned to you.')).toBeTruthy();
    expect(world.alerts[0]?.status).toBe('acknowledged');
    expect(within(await row(brute)).getByText('Acknowledged')).toBeTruthy();
  });

  it('works by keyboard: j, e, Enter, c, Escape', async () => {
    const { user, router, world } = await renderApp('/alerts');
    await row(brute);
    await user.keyboard('j');
    expect(document.activeElement?.textContent).toMatch(brute);
    await user.keyboard('e');
    await waitFor(() => expect(world.alerts[0]?.status).toBe('acknowledged'));
    await user.keyboard('{Enter}');
    expect(await screen.findByRole('complementary', { name: 'Alert Details' })).toBeTruthy();
    expect(router.state.location.pathname).toBe('/alerts/al-1');
    await user.keyboard('j');
    await waitFor(() => expect(router.state.location.pathname).toBe('/alerts/al-2'));
    await user.keyboard('c');
    expect(await screen.findByRole('dialog', { name: 'Resolve alert' })).toBeTruthy();
    await user.keyboard('{Escape}');
    await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull());
    await user.keyboard('{Escape}');
    await waitFor(() => expect(router.state.location.pathname).toBe('/alerts'));
  });

  it('holds new alerts back until the reader loads them', async () => {
    const { user, world } = await renderApp('/alerts');
    await row(brute);
    const late = anAlert({ id: 'al-9', entity: { type: 'ip', value: '198.51.100.9' } });
    late.title.params = { ...late.title.params, entity: '198.51.100.9' };
    world.alerts.unshift(late);
    const stream = FakeEventSource.find('/api/siem/stream');
    act(() => stream.send('alert', late));
    expect(await screen.findByRole('button', { name: /1 new/ })).toBeTruthy();
    expect(screen.queryByRole('link', { name: /198\.51\.100\.9/ })).toBeNull();
    await user.keyboard('.');
    expect(await screen.findByRole('link', { name: /198\.51\.100\.9/ })).toBeTruthy();
    expect(screen.queryByRole('button', { name: /1 new/ })).toBeNull();
  });

  it('changes a known alert in its place when the stream says so', async () => {
    const { world } = await renderApp('/alerts');
    await row(brute);
    const changed = { ...(world.alerts[0] as ReturnType<typeof anAlert>), status: 'acknowledged' as const };
    act(() => FakeEventSource.find('/api/siem/stream').send('alert', changed));
    expect(await within(await row(brute)).findByText('Acknowledged')).toBeTruthy();
    expect(screen.queryByRole('button', { name: /new/ })).toBeNull();
  });

  it('keeps its filters in the URL', async () => {
    const { user, router } = await renderApp('/alerts');
    await row(brute);
    await user.selectOptions(screen.getByLabelText('Severity'), 'high');
    await waitFor(() => expect(router.state.location.href).toBe('/alerts?severity=high'));
    await waitFor(() => expect(screen.queryByRole('link', { name: brute })).toBeNull());
    act(() => router.history.back());
    expect(await screen.findByRole('link', { name: brute })).toBeTruthy();
  });

  it('says when nothing matches, and when there is nothing', async () => {
    const { user } = await renderApp('/alerts?severity=low');
    expect(await screen.findByText('No alert matches')).toBeTruthy();
    await user.click(screen.getAllByRole('link', { name: 'Clear filters' })[0] as HTMLElement);
    expect(await screen.findByRole('link', { name: brute })).toBeTruthy();
  });

  it('teaches when the queue is empty', async () => {
    await renderApp('/alerts', { world: { alerts: [] } });
    expect(await screen.findByText('No open alerts')).toBeTruthy();
  });

  it('says what went wrong', async () => {
    const view = await renderApp('/login');
    server.use(http.get('*/api/siem/alerts', () => problem(500, 'internal')));
    await act(() => view.router.navigate({ to: '/alerts' }));
    expect((await screen.findByRole('alert')).textContent).toContain('The alerts could not be loaded');
  });

  it('shows but does not change anything without the permission', async () => {
    await renderApp('/alerts/al-1', { world: { permissions: ['security.view_audit'] } });
    expect(await screen.findByText(/can look but not change/)).toBeTruthy();
    expect(screen.queryByRole('button', { name: 'Acknowledge' })).toBeNull();
    expect(screen.queryByRole('button', { name: 'Resolve' })).toBeNull();
  });
});
