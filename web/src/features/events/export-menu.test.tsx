import { screen, waitFor } from '@testing-library/react';
import { HttpResponse, http } from 'msw';
import { describe, expect, it } from 'vitest';
import { exportLimit } from '../../api/export';
import { problem } from '../../test/handlers';
import { renderApp } from '../../test/render';
import { savedFiles } from '../../test/saved-files';
import { server } from '../../test/server';

const saved = savedFiles();

const file = (body: BodyInit, headers: Record<string, string> = {}) =>
  new HttpResponse(body, {
    headers: {
      'Content-Type': 'text/csv; charset=utf-8; header=present',
      'Content-Disposition': 'attachment; filename="tocsin-events-20261126T120000Z.csv"',
      ...headers,
    },
  });

async function choose(
  answer: () => Response | Promise<Response>,
  language: 'en' | 'ro' = 'en',
  item = /CSV/,
) {
  const asked: URL[] = [];
  const view = await renderApp('/events?source=llm&q=Slow', { language });
  server.use(
    http.get('*/api/siem/export', ({ request }) => {
      asked.push(new URL(request.url));
      return answer();
    }),
  );
  await screen.findAllByText(/Slow validation/);
  const button = await screen.findByRole('button', { name: language === 'en' ? 'Export' : 'Exportați' });
  await waitFor(() => expect((button as HTMLButtonElement).disabled).toBe(false));
  await view.user.click(button);
  await view.user.click(await screen.findByRole('menuitem', { name: item }));
  return { ...view, asked };
}

describe('the export of events', () => {
  it('keeps the file of the present filter, and says how many events it has', async () => {
    const { asked } = await choose(() => file('"log_id"\r\n"1"\r\n"2"\r\n'));
    expect(await screen.findByText('2 events exported.')).toBeTruthy();
    expect(Object.fromEntries(asked[0]?.searchParams ?? [])).toEqual({
      source: 'llm',
      q: 'Slow',
      format: 'csv',
      limit: String(exportLimit),
    });
    expect(saved.map(({ name }) => name)).toEqual(['tocsin-events-20261126T120000Z.csv']);
    expect(await saved[0]?.file.text()).toBe('"log_id"\r\n"1"\r\n"2"\r\n');
  });

  it.each([
    ['en', /NDJSON/, '1 event exported.'],
    ['ro', /NDJSON/, '1 eveniment exportat.'],
  ] as const)('has each event in a line of NDJSON (%s)', async (language, item, text) => {
    const { asked } = await choose(
      () => file('{}\n', { 'Content-Type': 'application/x-ndjson', 'Content-Disposition': '' }),
      language,
      item,
    );
    expect(await screen.findByText(text)).toBeTruthy();
    expect(asked[0]?.searchParams.get('format')).toBe('ndjson');
    expect(saved.map(({ name }) => name)).toEqual(['tocsin-events.ndjson']);
  });

  const footer = (rows: string, next: string) => {
    const pair = (key: string, value: string) =>
      `\x18${String.fromCharCode(key.length)}${key}\x18${String.fromCharCode(value.length)}${value}\0`;
    const text = `\xff\x15${pair('tocsin.query', 'tocsin')}${pair('tocsin.next', next)}${pair('tocsin.rows', rows)}\0`;
    return Uint8Array.from(
      `PAR1\x00\xfe${text}${String.fromCharCode(text.length)}\0\0\0PAR1`,
      (c) => c.codePointAt(0) ?? 0,
    );
  };
  it.each([
    ['en', footer('12345', ''), '12,345 events exported.'],
    ['ro', footer('12345', ''), '12.345 de evenimente exportate.'],
    ['en', footer('100000', '01M3250V5TPPCPSC0ZQ835EEWD'), /^The file has the newest 100,000 events/],
  ] as const)('is told by a Parquet file how many events it has (%s)', async (language, body, text) => {
    const { asked } = await choose(
      () => file(body, { 'Content-Type': 'application/vnd.apache.parquet', 'Content-Disposition': '' }),
      language,
      /Parquet/,
    );
    expect(await screen.findByText(text)).toBeTruthy();
    expect(asked[0]?.searchParams.get('format')).toBe('parquet');
    expect(saved.map(({ name }) => name)).toEqual(['tocsin-events.parquet']);
    expect(new Uint8Array((await saved[0]?.file.arrayBuffer()) as ArrayBuffer)).toEqual(body);
  });

  it('says when the file is full', async () => {
    await choose(() => file(`"log_id"\n${'"1"\n'.repeat(exportLimit)}`));
    expect(await screen.findByText(/^The file has the newest 100,000 events/)).toBeTruthy();
  });

  it('says when stored events may be missing', async () => {
    await choose(() => file('"log_id"\r\n', { 'Tocsin-Incomplete': '7' }));
    expect(await screen.findByText(/^7 stored events cannot be read and may be missing from/)).toBeTruthy();
    expect(screen.getByText('0 events exported.')).toBeTruthy();
  });

  it('keeps nothing of a file that breaks off', async () => {
    await choose(() =>
      file(
        new ReadableStream({
          start(control) {
            control.enqueue(new TextEncoder().encode('"log_id"\r\n"1"\r\n'));
            setTimeout(() => control.error(new Error('gone')), 5);
          },
        }),
      ),
    );
    expect(await screen.findByText(/broke off before its end/)).toBeTruthy();
    expect(saved).toEqual([]);
  });

  it.each([
    [429, 'too_many_exports', /Other exports are running/],
    [400, 'invalid_field', /does not understand this filter: q: too long/],
    [500, 'internal', /could not be exported/],
  ])('tells why there is none (%i)', async (status, code, text) => {
    await choose(() => problem(status, code, 'q: too long'));
    expect((await screen.findByText(text)).closest('[role="alert"]')).toBeTruthy();
    expect(saved).toEqual([]);
    expect(screen.getByRole('button', { name: 'Export' })).toBeTruthy();
  });

  it('can be stopped while it runs', async () => {
    const { user } = await choose(() => file(new ReadableStream({ start: () => {} })));
    const button = await screen.findByRole('button', { name: /^Exporting… 0/ });
    expect(button.getAttribute('aria-busy')).toBe('true');
    await user.click(button);
    await user.click(await screen.findByRole('menuitem', { name: 'Stop the export' }));
    expect(await screen.findByRole('button', { name: 'Export' })).toBeTruthy();
    expect(saved).toEqual([]);
    expect(screen.queryByRole('alert')).toBeNull();
  });

  it('is not offered where there is nothing, nor in the live tail', async () => {
    const { router, user } = await renderApp('/events', { world: { events: [] } });
    await screen.findByText('No events yet');
    expect((screen.getByRole('button', { name: 'Export' }) as HTMLButtonElement).disabled).toBe(true);
    await user.click(screen.getByRole('button', { name: 'Live tail' }));
    await waitFor(() => expect(router.state.location.href).toBe('/events?live=1'));
    expect(screen.queryByRole('button', { name: 'Export' })).toBeNull();
  });
});
