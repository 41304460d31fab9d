import { screen, waitFor, within } from '@testing-library/react';
import { HttpResponse, http } from 'msw';
import { describe, expect, it } from 'vitest';
import { aTable } from '../../test/hunt';
import { renderApp } from '../../test/render';
import { server } from '../../test/server';

describe('a table', () => {
  const cells = () =>
    within(screen.getByRole('table', { name: 'Table of the hunt' }))
      .getAllByRole('row')
      .slice(1)
      .map((row) => within(row).getAllByRole('cell')[0]?.textContent);

  it('has numbers at the right, in the language, and can be sorted', async () => {
    const { user } = await renderApp('/hunt?q=x%20%7C%20stats%20count%20by%20user', { language: 'ro' });
    const table = await screen.findByRole('table', { name: 'Tabelul căutării' });
    const count = within(table).getByText('1.022');
    expect(count.closest('td')?.dataset.align).toBe('end');
    const first = () =>
      within(table)
        .getAllByRole('row')
        .slice(1)
        .map((row) => within(row).getAllByRole('cell')[0]?.textContent);
    expect(first()).toEqual(['root', 'ana', '–']);
    await user.click(within(table).getByRole('button', { name: /count/ }));
    expect(first()).toEqual(['root', '–', 'ana']);
    await user.click(within(table).getByRole('button', { name: /count/ }));
    expect(first()).toEqual(['ana', '–', 'root']);
  });

  it('is shown a part at a time', async () => {
    const view = await renderApp('/login');
    const rows = Array.from({ length: 450 }, (_, at) => [`u${at}`, at]);
    server.use(http.get('*/api/siem/search', () => HttpResponse.json(aTable({ rows, truncated: true }))));
    await view.router.navigate({ to: '/hunt', search: { q: 'x' } });
    await screen.findByText('u0');
    expect(cells()).toHaveLength(200);
    expect(screen.getByText(/^There are more rows/)).toBeTruthy();
    await view.user.click(screen.getByRole('button', { name: 'Load more' }));
    expect(cells()).toHaveLength(400);
  });

  it('hunts for what it was grouped by, without its stages', async () => {
    const { user, router } = await renderApp('/hunt?q=x%20%7C%20stats%20count%20by%20user');
    await user.click(await screen.findByRole('button', { name: 'root' }));
    await user.click(await screen.findByRole('menuitem', { name: 'Only with this value' }));
    await waitFor(() =>
      expect(router.state.location.search).toEqual({ q: 'x user:"root" | stats count by user' }),
    );
  });

  it('over time is a chart, too', async () => {
    const view = await renderApp('/login');
    const chart = aTable({
      explain: [
        {
          key: 'stage.timechart',
          params: [
            { key: 'span', values: ['1h'] },
            { key: 'by', values: ['user'] },
          ],
        },
      ],
      columns: [
        { name: 'time', type: 'time' },
        { name: 'user', type: 'text' },
        { name: 'count', type: 'number' },
      ],
      rows: [0, 1, 2].flatMap((hour) => [
        [`2026-11-23T0${hour}:00:00Z`, 'root', 10 - hour],
        [`2026-11-23T0${hour}:00:00Z`, '<b>x</b>', 1],
      ]),
    });
    server.use(http.get('*/api/siem/search', () => HttpResponse.json(chart)));
    await view.router.navigate({ to: '/hunt', search: { q: 'x' } });
    const region = await screen.findByRole('region', { name: 'The table over time' });
    expect(region.querySelectorAll('path[d*="L"]')).toHaveLength(2);
    expect(
      within(region)
        .getAllByRole('listitem')
        .map((item) => item.textContent),
    ).toEqual(['root', '<b>x</b>']);
  });
});
