import { screen, waitFor } from '@testing-library/react';
import { HttpResponse, http } from 'msw';
import { describe, expect, it } from 'vitest';
import { exportLimit } from '../../api/export';
import { problem } from '../../test/handlers';
import { aTable } from '../../test/hunt';
import { renderApp } from '../../test/render';
import { savedFiles } from '../../test/saved-files';
import { server } from '../../test/server';
import { tableFile } from './table-file';

const saved = savedFiles();

/** Answers exports; what was asked is kept. */
function exporting(answer: () => Response | Promise<Response>) {
  const asked: Record<string, string>[] = [];
  server.use(
    http.get('*/api/siem/export', ({ request }) => {
      asked.push(Object.fromEntries(new URL(request.url).searchParams));
      return answer();
    }),
  );
  return asked;
}

async function open(path: string, language: 'en' | 'ro' = 'en') {
  const view = await renderApp(path, { language });
  const button = await screen.findByRole('button', { name: language === 'en' ? 'Export' : 'Exportați' });
  await waitFor(() => expect((button as HTMLButtonElement).disabled).toBe(false));
  await view.user.click(button);
  return view;
}

const json = (items: string[], next: string | null, rows = items.length) =>
  new HttpResponse(
    `{"items":[\n${items.join(',\n')}\n],"next":${JSON.stringify(next)},"rows":${rows},"incomplete":0}\n`,
    {
      headers: { 'Content-Type': 'application/json' },
    },
  );

describe('the export of a hunt', () => {
  it('asks for the hunt and its time', async () => {
    const view = await open('/hunt?q=password%20user%3Aroot&from=2026-01-01T00:00:00Z');
    const asked = exporting(() => new HttpResponse('"log_id"\r\n"1"\r\n'));
    await view.user.click(await screen.findByRole('menuitem', { name: 'CSV, for a spreadsheet' }));
    expect(await screen.findByText('1 event exported.')).toBeTruthy();
    expect(asked).toEqual([
      {
        hunt: 'password user:root',
        from: '2026-01-01T00:00:00.000Z',
        format: 'csv',
        limit: String(exportLimit),
      },
    ]);
    expect(saved.map(({ name }) => name)).toEqual(['tocsin-events.csv']);
  });

  it.each([
    [null, '2 events exported.'],
    ['c9', /^The file has the newest 100,000 events/],
  ])('believes what a JSON file says of itself (next %s)', async (next, text) => {
    const view = await open('/hunt?q=password');
    exporting(() => json(['{"id":"a"}', '{"id":"b"}'], next));
    await view.user.click(await screen.findByRole('menuitem', { name: 'JSON, one document' }));
    expect(await screen.findByText(text)).toBeTruthy();
    expect(saved.map(({ name }) => name)).toEqual(['tocsin-events.json']);
  });

  it('says in Romanian that there is none', async () => {
    const view = await open('/hunt?q=password', 'ro');
    exporting(() => problem(429, 'too_many_exports'));
    await view.user.click(await screen.findByRole('menuitem', { name: /^NDJSON/ }));
    expect(await screen.findByText(/^Alte exporturi sunt în curs/)).toBeTruthy();
    expect(saved).toEqual([]);
  });

  it('can be stopped', async () => {
    const view = await open('/hunt?q=password');
    exporting(() => new HttpResponse(new ReadableStream({ start: () => {} })));
    await view.user.click(await screen.findByRole('menuitem', { name: /^NDJSON/ }));
    await view.user.click(await screen.findByRole('button', { name: /^Exporting… 0/ }));
    await view.user.click(await screen.findByRole('menuitem', { name: 'Stop the export' }));
    expect(await screen.findByRole('button', { name: 'Export' })).toBeTruthy();
    expect(saved).toEqual([]);
  });

  it('is the table itself where stages made one, without asking the server', async () => {
    const view = await open('/hunt?q=x%20%7C%20stats%20count%20by%20user');
    const asked = exporting(() => problem(400, 'invalid_field'));
    expect(screen.getByText(/^The rows of this table, at most 10,000\. For the events/)).toBeTruthy();
    await view.user.click(await screen.findByRole('menuitem', { name: /^CSV/ }));
    expect(await screen.findByText('3 rows exported.')).toBeTruthy();
    expect(asked).toEqual([]);
    expect(await saved[0]?.file.text()).toBe('"user","count"\r\n"root",1022\r\n"ana",3\r\n,7\r\n');
    expect(saved[0]?.name).toMatch(/^tocsin-table-\d{8}T\d{6}Z\.csv$/);
  });
});

describe('the file of a table', () => {
  const now = Date.parse('2026-11-27T04:30:00Z');
  it('has objects in its JSON forms', async () => {
    const table = aTable({
      rows: [
        ['<b>', 2],
        [null, 1],
      ],
      truncated: true,
    });
    const file = tableFile(table, 'json', now);
    expect(file).toMatchObject({ name: 'tocsin-table-20261127T043000Z.json', rows: 2, cut: true });
    expect(JSON.parse(await file.file.text())).toEqual({
      query: 'category=login_failed | stats count by user',
      items: [
        { user: '<b>', count: 2 },
        { user: null, count: 1 },
      ],
      truncated: true,
    });
    expect(await tableFile(table, 'ndjson', now).file.text()).toBe(
      '{"user":"<b>","count":2}\n{"user":null,"count":1}\n',
    );
  });
});
