import { screen, waitFor, within } from '@testing-library/react';
import { HttpResponse, http } from 'msw';
import { describe, expect, it } from 'vitest';
import { problem } from '../../test/handlers';
import { renderApp } from '../../test/render';
import { server } from '../../test/server';

const panel = async () => within(await screen.findByRole('complementary', { name: 'Alert Details' }));

describe('the alert panel', () => {
  it('opens by its own URL and says why it fired, with the events behind it', async () => {
    await renderApp('/alerts/al-1');
    const inside = await panel();
    expect(await inside.findByText('34 within 10 minutes')).toBeTruthy();
    expect(inside.getByText('T1110.001')).toBeTruthy();
    expect(inside.getByText('Fires from').nextSibling?.textContent).toBe('10');
    expect(inside.getAllByText(/Failed password for invalid user oracle/).length).toBeGreaterThan(0);
    expect(inside.getByText('Nobody has worked on it yet.')).toBeTruthy();
  });

  it('shows the markup, codes and turns in a log line as text', async () => {
    await renderApp('/alerts/al-1');
    const inside = await panel();
    const line = await inside.findByRole('link', { name: /window\.__pwned/ });
    expect(line.textContent).toBe(
      '<script>window.__pwned=1</script> ‹ESC›[31mred‹ESC›[0m admin‹U+202E›gnp.exe‹U+202C› nul‹NUL›end ‹U+200B›hidden',
    );
    expect(line.querySelector('script')).toBeNull();
  });

  it('resolves with reason and notes, anomalies included unless switched off', async () => {
    const { user, world } = await renderApp('/alerts/al-1');
    const sent: unknown[] = [];
    server.events.on('request:start', async ({ request }) => {
      if (request.url.endsWith('/resolve')) sent.push(await request.clone().json());
    });
    await user.click(await (await panel()).findByRole('button', { name: 'Resolve' }));
    const dialog = within(await screen.findByRole('dialog', { name: 'Resolve alert' }));
    await user.click(dialog.getByRole('radio', { name: 'False positive' }));
    await user.type(dialog.getByLabelText('Resolution Notes'), 'Our own scanner.');
    await user.click(dialog.getByRole('switch', { name: /Resolve its anomalies too/ }));
    await user.click(dialog.getByRole('button', { name: 'Resolve' }));
    expect(await screen.findByText('Alert resolved.')).toBeTruthy();
    expect(sent).toEqual([{ reason: 'false_positive', notes: 'Our own scanner.', resolve_anomalies: false }]);
    expect(world.alerts[0]?.status).toBe('resolved');
    expect(await (await panel()).findByText(/resolved it as: False positive/)).toBeTruthy();
    expect((await panel()).getByText('Our own scanner.')).toBeTruthy();
  });

  it('says that somebody else was quicker', async () => {
    const { user } = await renderApp('/alerts/al-1');
    server.use(http.post('*/api/siem/alerts/:id/acknowledge', () => problem(409, 'already_resolved')));
    await user.click(await (await panel()).findByRole('button', { name: 'Acknowledge' }));
    expect(await screen.findByText('Somebody has already resolved this alert.')).toBeTruthy();
  });

  it('says that there is no such alert', async () => {
    await renderApp('/alerts/nope');
    expect(await (await panel()).findByText('There is no such alert')).toBeTruthy();
  });

  it('shows the raw words of a note as text', async () => {
    const { world } = await renderApp('/login');
    const alert = world.alerts[3];
    server.use(
      http.get('*/api/siem/alerts/:id', () =>
        HttpResponse.json({
          alert: {
            ...alert,
            notes: [{ time: alert?.last_seen, author: 'ana', text: '<img src=x onerror=alert(1)>' }],
          },
          findings: [],
          anomalies: [],
          events: [],
        }),
      ),
    );
    await renderApp('/alerts/al-4').catch(() => undefined);
    await waitFor(() => expect(document.querySelector('img')).toBeNull());
  });
});
