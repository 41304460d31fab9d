// A small Tocsin for tests and for work on the pages without a server: the same paths, the same shapes.
import { HttpResponse, http } from 'msw';
import type { Schemas } from '../api/client';
import { aProof, aVerification } from './evidence';
import { aDashboard, aFinding, ago, someAlerts, someAnomalies, someEvents } from './factories';
import { huntHandlers, savedHandlers } from './hunt';
import { inputHandlers } from './inputs';

type World = {
  signedIn: boolean;
  permissions: Schemas['Permission'][];
  alerts: Schemas['Alert'][];
  anomalies: Schemas['Anomaly'][];
  events: Schemas['Event'][];
};

export function newWorld(change: Partial<World> = {}): World {
  return {
    signedIn: true,
    permissions: ['security.view_audit', 'security.manage', 'ingest'],
    alerts: someAlerts(),
    anomalies: someAnomalies(),
    events: someEvents(),
    ...change,
  };
}

export const problem = (status: number, code: string, detail?: string) =>
  HttpResponse.json({ type: 'about:blank', title: code, status, code, detail }, { status });

const list = <T>(items: T[]) => HttpResponse.json({ items, next: null, total: items.length });

function alertHandlers(world: World) {
  const change = (id: unknown, patch: Partial<Schemas['Alert']>) => {
    const at = world.alerts.findIndex((alert) => alert.id === id);
    const alert = world.alerts[at];
    if (!alert) return problem(404, 'not_found');
    if (alert.status === 'resolved') return problem(409, 'already_resolved');
    world.alerts[at] = { ...alert, ...patch };
    return HttpResponse.json(world.alerts[at]);
  };
  return [
    http.get('*/api/siem/alerts', ({ request }) => {
      const query = new URL(request.url).searchParams;
      const status = query.get('status');
      return list(
        world.alerts.filter(
          (alert) =>
            (status ? alert.status === status : alert.status !== 'resolved') &&
            (!query.get('severity') || alert.severity === query.get('severity')) &&
            (!query.get('rule') || alert.rule_id === query.get('rule')),
        ),
      );
    }),
    http.get('*/api/siem/alerts/:id', ({ params }) => {
      const alert = world.alerts.find((each) => each.id === params.id);
      if (!alert) return problem(404, 'not_found');
      const single = alert.rule_id === 'RULE-CRITICAL-EVENT';
      return HttpResponse.json({
        alert,
        findings: single ? [] : [aFinding({ entity: alert.entity })],
        anomalies: single ? [] : world.anomalies.slice(0, 2),
        events: world.events.slice(0, 14),
      });
    }),
    http.post('*/api/siem/alerts/:id/acknowledge', ({ params }) =>
      change(params.id, {
        status: 'acknowledged',
        assignee: 'admin',
        acknowledged_by: 'admin',
        acknowledged_at: ago(0),
      }),
    ),
    http.post('*/api/siem/alerts/:id/resolve', async ({ params, request }) => {
      const { notes, reason } = (await request.json()) as Schemas['AlertResolution'];
      const alert = world.alerts.find((each) => each.id === params.id);
      const added = notes ? [{ time: ago(0), author: 'admin', text: notes }] : [];
      return change(params.id, {
        status: 'resolved',
        resolved_by: 'admin',
        resolved_at: ago(0),
        reason,
        notes: [...(alert?.notes ?? []), ...added],
      });
    }),
    http.get('*/api/siem/alert-rules', () =>
      list(
        ['RULE-BRUTE-FORCE', 'RULE-CRITICAL-EVENT', 'RULE-LLM-INJECTION', 'RULE-LLM-REPEATED'].map((id) => ({
          id,
        })),
      ),
    ),
  ];
}

function anomalyHandlers(world: World) {
  return [
    http.get('*/api/siem/anomalies', ({ request }) => {
      const query = new URL(request.url).searchParams;
      return list(
        world.anomalies.filter(
          (anomaly) =>
            (!query.get('status') || anomaly.status === query.get('status')) &&
            (!query.get('severity') || anomaly.severity === query.get('severity')) &&
            (!query.get('type') || anomaly.type === query.get('type')),
        ),
      );
    }),
    http.get('*/api/siem/anomalies/:id', ({ params }) => {
      const anomaly = world.anomalies.find((each) => each.id === params.id);
      return anomaly ? HttpResponse.json(anomaly) : problem(404, 'not_found');
    }),
    http.post('*/api/siem/anomalies/:id/resolve', async ({ params, request }) => {
      const at = world.anomalies.findIndex((each) => each.id === params.id);
      const anomaly = world.anomalies[at];
      if (!anomaly) return problem(404, 'not_found');
      const { notes } = (await request.json()) as { notes?: string };
      const resolved = {
        ...anomaly,
        status: 'resolved' as const,
        resolved_by: 'admin',
        resolved_at: ago(0),
        notes,
      };
      world.anomalies[at] = resolved;
      return HttpResponse.json(resolved);
    }),
  ];
}

function eventHandlers(world: World) {
  return [
    http.get('*/api/siem/logs', ({ request }) => {
      const query = new URL(request.url).searchParams;
      const q = query.get('q')?.toLowerCase();
      return list(
        world.events.filter(
          (event) =>
            (!query.get('level') || event.severity === query.get('level')) &&
            (!query.get('source') || event.source === query.get('source')) &&
            (!query.get('category') || event.category === query.get('category')) &&
            (!query.get('ip_address') || event.ip === query.get('ip_address')) &&
            (!q || String(event.message).toLowerCase().includes(q)),
        ),
      );
    }),
    http.get('*/api/siem/logs/:id', ({ params }) => {
      const event = world.events.find((each) => each.id === params.id) ?? world.events[0];
      return event ? HttpResponse.json({ ...event, id: params.id }) : problem(404, 'not_found');
    }),
    http.get('*/api/siem/logs/:id/proof', ({ params }) => HttpResponse.json(aProof(String(params.id)))),
    http.post('*/api/siem/logs/verify', () => HttpResponse.json(aVerification())),
    http.get('*/api/siem/statistics', () =>
      HttpResponse.json({
        total: 18_460,
        by_source: aDashboard().sources.map(({ source, events }) => ({ value: source, count: events })),
        by_level: [],
        by_category: [
          { value: 'http_request', count: 11_900 },
          { value: 'login_failed', count: 2210 },
          { value: 'injection_detected', count: 4 },
        ],
        by_hour: [],
      }),
    ),
  ];
}

export function handlers(world: World = newWorld()) {
  return [
    http.post('*/api/auth/login', async ({ request }) => {
      const { username, password } = (await request.json()) as Schemas['Credentials'];
      if (password !== 'correct horse') return problem(401, 'wrong_credentials');
      world.signedIn = username !== '';
      return HttpResponse.json({ token: 'jwt', expires_at: ago(-3600) });
    }),
    http.post('*/api/auth/logout', () => {
      world.signedIn = false;
      return new HttpResponse(null, { status: 204 });
    }),
    http.get('*/api/auth/me', () =>
      world.signedIn
        ? HttpResponse.json({ username: 'admin', role: 'admin', permissions: world.permissions, demo: true })
        : problem(401, 'unauthorized'),
    ),
    http.get('*/api/siem/dashboard', () =>
      HttpResponse.json(
        aDashboard({ recent_alerts: world.alerts.filter((alert) => alert.status !== 'resolved') }),
      ),
    ),
    ...alertHandlers(world),
    ...anomalyHandlers(world),
    ...eventHandlers(world),
    ...huntHandlers(world),
    ...savedHandlers([]),
    ...inputHandlers([]),
  ];
}
