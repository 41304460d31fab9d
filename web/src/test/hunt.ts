// Answers to hunts, as the server would give them, for a language of few words: everything, one text, and one table.
import { HttpResponse, http } from 'msw';
import type { Schemas } from '../api/client';
import { ago } from './factories';

type Answer = Schemas['SearchAnswer'];
type Event = Schemas['Event'];

const columns = ['time', 'severity', 'source', 'category', 'user', 'ip', 'message'];

export function anAnswer(change: Partial<Answer> = {}): Answer {
  return {
    query: 'category=login_failed',
    explain: [
      { key: 'filter', params: [{ key: 'text', values: ['category=login_failed'] }] },
      { key: 'read', params: [{ key: 'scope', values: ['events'] }] },
    ],
    columns: columns.map((name) => ({ name, type: name === 'time' ? 'time' : 'text' })),
    rows: [],
    truncated: false,
    next: null,
    total: 0,
    scanned: { rows: 18_460, bytes: 1_437_696 },
    incomplete: 0,
    took_ms: 4.2,
    ...change,
  };
}

export function aTable(change: Partial<Answer> = {}): Answer {
  return anAnswer({
    query: 'category=login_failed | stats count by user',
    explain: [
      {
        key: 'stage.stats',
        params: [
          { key: 'values', values: ['count'] },
          { key: 'by', values: ['user'] },
        ],
      },
    ],
    columns: [
      { name: 'user', type: 'text' },
      { name: 'count', type: 'number' },
    ],
    rows: [
      ['root', 1022],
      ['ana', 3],
      [null, 7],
    ],
    total: 1032,
    ...change,
  });
}

export const aMistake = (change: Partial<Schemas['Problem']> = {}) =>
  HttpResponse.json(
    {
      type: 'about:blank',
      title: 'Bad Request',
      status: 400,
      code: 'invalid_query',
      detail: 'column 5: unknown command "statz"; did you mean "stats"?',
      field: 'q',
      column: 5,
      length: 5,
      reason: 'unknown_command',
      suggestion: 'stats',
      ...change,
    },
    { status: 400 },
  );

function beside(events: Event[]): Partial<Answer> {
  const counts = (field: string) => {
    const found = new Map<string, number>();
    for (const event of events) {
      const value = event[field];
      if (typeof value === 'string') found.set(value, (found.get(value) ?? 0) + 1);
    }
    return [...found].map(([value, count]) => ({ value, count }));
  };
  return {
    facets: ['severity', 'category', 'user'].map((field) => ({
      field,
      too_many: false,
      values: counts(field),
    })),
    histogram: {
      by: 'severity',
      span_ms: 60_000,
      too_many: false,
      buckets: [90, 60, 30].flatMap((minutes) => [
        { time: ago(minutes * 60), value: 'info', count: minutes },
        { time: ago(minutes * 60), value: 'critical', count: 2 },
      ]),
    },
  };
}

/** The three answers; what is asked is the events whose text has the hunt's, * all of them. */
export function huntHandlers(world: { events: Event[] }) {
  return [
    http.get('*/api/siem/search/complete', () =>
      HttpResponse.json({
        items: [
          { text: 'category=', kind: 'field', from: 0, to: 2 },
          { text: 'category=login_failed', kind: 'value', from: 0, to: 2 },
        ],
      }),
    ),
    http.get('*/api/siem/search', ({ request }) => {
      const query = new URL(request.url).searchParams;
      const q = query.get('q') ?? '';
      if (q.includes('statz')) return aMistake();
      if (q.includes('| stats')) return HttpResponse.json(aTable());
      const [word = ''] = (q.split('|')[0] ?? '').trim().split(' ');
      const words = word === '*' ? '' : word.replace(/^\w+[:=]"?|"$/g, '');
      const events = world.events.filter((event) => JSON.stringify(event).includes(words));
      const aside = query.get('histogram') ? beside(events) : {};
      return HttpResponse.json(
        anAnswer({ query: q, events, rows: events.map(() => []), total: events.length, ...aside }),
      );
    }),
  ];
}

export const aSaved = (change: Partial<Schemas['SavedSearch']> = {}): Schemas['SavedSearch'] => ({
  id: 's1',
  name: 'Failed by user',
  q: 'category=login_failed | stats count by user',
  created_by: 'admin',
  created_at: ago(7200),
  updated_at: ago(3600),
  ...change,
});

/** Keeps searches as the server does: by name, each name once. */
export function savedHandlers(kept: Schemas['SavedSearch'][]) {
  const taken = (name: string, id?: string) =>
    kept.some((each) => each.id !== id && each.name.toLowerCase() === name.toLowerCase());
  const refused = (status: number, code: string, more = {}) =>
    HttpResponse.json({ type: 'about:blank', title: code, status, code, ...more }, { status });
  let made = 0;
  return [
    http.get('*/api/siem/searches', () =>
      HttpResponse.json({ items: kept.toSorted((a, b) => a.name.localeCompare(b.name)) }),
    ),
    http.post('*/api/siem/searches', async ({ request }) => {
      const body = (await request.json()) as Schemas['SavedSearchRequest'];
      if (taken(body.name)) return refused(409, 'conflict');
      made++;
      const saved = aSaved({ ...body, id: `new-${made}`, updated_at: ago(0) });
      kept.push(saved);
      return HttpResponse.json(saved, { status: 201 });
    }),
    http.put('*/api/siem/searches/:id', async ({ params, request }) => {
      const body = (await request.json()) as Schemas['SavedSearchRequest'];
      const at = kept.findIndex(({ id }) => id === params.id);
      const old = kept[at];
      if (!old) return refused(404, 'not_found');
      if (taken(body.name, old.id)) return refused(409, 'conflict');
      const { id, created_by, created_at } = old;
      kept[at] = { ...body, id, created_by, created_at, updated_at: ago(0) };
      return HttpResponse.json(kept[at]);
    }),
    http.delete('*/api/siem/searches/:id', ({ params }) => {
      const at = kept.findIndex(({ id }) => id === params.id);
      if (at < 0) return refused(404, 'not_found');
      kept.splice(at, 1);
      return new HttpResponse(null, { status: 204 });
    }),
  ];
}
