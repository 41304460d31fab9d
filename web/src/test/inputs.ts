// Inputs, sources, senders and tokens for tests.
import { HttpResponse, http } from 'msw';
import type { Schemas } from '../api/client';
import { ago } from './factories';

const minutes = (...last: number[]) => [...Array(60 - last.length).fill(0), ...last];
const flow = (accepted: number, rejected = 0) => ({
  accepted,
  rejected,
  rate: accepted / 300,
  minutes: minutes(accepted),
});

const none = {
  duplicates: 0,
  bytes: 0,
  late: 0,
  refused: 0,
  dropped: 0,
  lost: 0,
  cut: 0,
  broken: 0,
  connections: 0,
};

export function someInputs(): Schemas['InputHealth'][] {
  return [
    {
      ...none,
      ...flow(1200, 2),
      name: 'http',
      type: 'http',
      routes: ['POST /api/siem/events'],
      duplicates: 3,
      bytes: 412_000,
      last_received: ago(3),
      lag_seconds: 2,
      samples: [
        {
          at: ago(9),
          sender: 'tok-1',
          sender_name: 'shop',
          reason: 'invalid JSON: no value at byte 7',
          excerpt: '{"user":<script>alert(1)</script>',
        },
        { at: ago(10), sender: 'tok-9', reason: 'message: want text, got number at byte 12', excerpt: '' },
      ],
    },
    {
      ...none,
      ...flow(0),
      name: 'edge',
      type: 'syslog_udp',
      address: '127.0.0.1:5514',
      routes: [],
      dropped: 12,
      samples: [],
    },
    { ...none, ...flow(0), name: 'odd', type: 'something_new', routes: [], samples: [] },
  ];
}

export function inputHandlers(tokens: Schemas['Token'][]) {
  return [
    http.get('*/api/siem/inputs', () => HttpResponse.json({ items: someInputs() })),
    http.get('*/api/siem/sources', () =>
      HttpResponse.json({
        items: [
          { ...flow(1100), name: 'shop', configured: false, last_received: ago(3), lag_seconds: 0 },
          { ...flow(0), name: 'llm', configured: true, criticality: 'high', retention_days: 365 },
        ],
      }),
    ),
    http.get('*/api/siem/senders', () =>
      HttpResponse.json({
        items: [
          { ...flow(1200, 2), id: 'tok-1', name: 'shop', last_received: ago(3) },
          { ...flow(4), id: 'syslog:192.0.2.7', last_received: ago(60) },
        ],
      }),
    ),
    http.post('*/api/siem/inputs/test', () => HttpResponse.json({ id: 'ev-1' }, { status: 201 })),
    http.get('*/api/siem/tokens', () =>
      HttpResponse.json({ items: tokens, next: null, total: tokens.length }),
    ),
    http.post('*/api/siem/tokens', async ({ request }) => {
      const { name, scope } = (await request.json()) as Schemas['TokenRequest'];
      const made = { id: `tok-${tokens.length + 1}`, name, scope, created_at: ago(0) };
      tokens.push({ ...made, created_by: 'admin', expires_at: null, last_used_at: null } as Schemas['Token']);
      return HttpResponse.json({ ...made, token: 'tocsin_i_SECRET' }, { status: 201 });
    }),
    http.delete('*/api/siem/tokens/:id', ({ params }) => {
      const at = tokens.findIndex((token) => token.id === params.id);
      if (at < 0) return HttpResponse.json({ status: 404 }, { status: 404 });
      tokens.splice(at, 1);
      return new HttpResponse(null, { status: 204 });
    }),
  ];
}
