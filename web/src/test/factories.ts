// Things as the server would send them; documentation addresses and names only.
import type { Schemas } from '../api/client';

type Alert = Schemas['Alert'];
type Anomaly = Schemas['Anomaly'];
type Event = Schemas['Event'];

export const now = Date.now();
export const ago = (seconds: number): string => new Date(now - seconds * 1000).toISOString();

export function anEvent(change: Event = {}): Event {
  return {
    id: '01J8ZQ4T6N000000000000000A',
    time: ago(40),
    received: ago(39),
    source: 'authentication',
    category: 'login_failed',
    severity: 'medium',
    outcome: 'failure',
    message: 'Failed password for invalid user oracle from 192.0.2.44 port 51822 ssh2',
    user: 'oracle',
    ip: '192.0.2.44',
    host: 'gate.example.com',
    attrs: { 'sshd.method': 'password', 'process.pid': 18234, port: 51822 },
    seq: 4711,
    stream: '366',
    raw: '<38>Nov 23 02:14:07 gate sshd[18234]: Failed password for invalid user oracle from 192.0.2.44 port 51822 ssh2',
    ...change,
  };
}

const bruteParams = {
  entity: '192.0.2.44',
  entity_type: 'ip',
  count: 37,
  value: 34,
  threshold: 10,
  window_min: 10,
};

export function anAlert(change: Partial<Alert> = {}): Alert {
  const id = change.rule_id ?? 'RULE-BRUTE-FORCE';
  return {
    id: 'al-1',
    rule_id: id,
    severity: 'critical',
    status: 'active',
    title: { key: `alert.${id}.title`, params: bruteParams },
    description: { key: `alert.${id}.description`, params: bruteParams },
    entity: { type: 'ip', value: '192.0.2.44' },
    count: 37,
    first_seen: ago(460),
    last_seen: ago(38),
    assignee: null,
    notes: [],
    ...change,
  };
}

export function anAnomaly(change: Partial<Anomaly> = {}): Anomaly {
  const type = change.type ?? 'brute_force_attack';
  return {
    id: 'an-1',
    type,
    severity: 'critical',
    confidence: 0.96,
    status: 'open',
    entity: { type: 'ip', value: '192.0.2.44' },
    description: { key: `anomaly.${type}.description`, params: { ...bruteParams, confidence_pct: 96 } },
    evidence: ['01J8ZQ4T6N000000000000000A'],
    first_seen: ago(460),
    last_seen: ago(38),
    count: 37,
    techniques: ['T1110.001'],
    ...change,
  };
}

export function aFinding(change: Partial<Schemas['Finding']> = {}): Schemas['Finding'] {
  return {
    id: 'fi-1',
    rule: 'brute-force',
    type: 'brute_force_attack',
    severity: 'critical',
    confidence: 0.96,
    entity: { type: 'ip', value: '192.0.2.44' },
    actual: 34,
    threshold: 10,
    window_s: 600,
    first_seen: ago(460),
    last_seen: ago(38),
    evidence: ['01J8ZQ4T6N000000000000000A'],
    techniques: ['T1110.001', 'T1078'],
    ...change,
  };
}

export function aDashboard(change: Partial<Schemas['Dashboard']> = {}): Schemas['Dashboard'] {
  return {
    threat_score: 74,
    threat_level: 'high',
    anomalies: { critical: 1, high: 1, medium: 1, low: 0 },
    alerts: { active: 3, acknowledged: 1, by_severity: { critical: 2, high: 2, medium: 0, low: 0 } },
    integrity: { status: 'VALID', verified: 18_402, total: 18_402, checked_at: ago(140) },
    ingest: { rate: 42.6, lag: 0.18, dropped: 0, accepted: 18_460 },
    sources: [
      { source: 'access', events: 12_840, last_seen: ago(1) },
      { source: 'authentication', events: 3204, last_seen: ago(2) },
      { source: 'llm', events: 1377, last_seen: ago(14) },
      { source: 'application', events: 902, last_seen: ago(31) },
      { source: 'system', events: 137, last_seen: ago(412) },
    ],
    top_entities: [
      { entity: { type: 'ip', value: '192.0.2.44' }, anomalies: 2, severity: 'critical' },
      { entity: { type: 'user', value: 'm.ionescu' }, anomalies: 1, severity: 'high' },
      { entity: { type: 'ip', value: '2001:db8:41::7f' }, anomalies: 1, severity: 'medium' },
    ],
    recent_alerts: someAlerts(),
    demo: true,
    ...change,
  };
}

export function someAlerts(): Alert[] {
  const llm = { entity: 'm.ionescu', entity_type: 'user', count: 4, value: 4, threshold: 3, window_min: 10 };
  const text = (rule: string, params: Record<string, unknown>) => ({
    title: { key: `alert.${rule}.title`, params },
    description: { key: `alert.${rule}.description`, params },
  });
  return [
    anAlert(),
    anAlert({
      id: 'al-2',
      rule_id: 'RULE-LLM-INJECTION',
      severity: 'high',
      entity: { type: 'user', value: 'm.ionescu' },
      count: 4,
      last_seen: ago(95),
      ...text('RULE-LLM-INJECTION', llm),
    }),
    anAlert({
      id: 'al-3',
      rule_id: 'RULE-CRITICAL-EVENT',
      severity: 'critical',
      entity: { type: 'host', value: 'db-2.example.com' },
      count: 1,
      last_seen: ago(260),
      ...text('RULE-CRITICAL-EVENT', { entity: 'db-2.example.com', cause: 'log_paused', count: 1, value: 0 }),
    }),
    anAlert({
      id: 'al-4',
      rule_id: 'RULE-LLM-REPEATED',
      severity: 'high',
      status: 'acknowledged',
      assignee: 'admin',
      acknowledged_at: ago(300),
      acknowledged_by: 'admin',
      entity: { type: 'user', value: 'a.popa' },
      count: 6,
      last_seen: ago(3700),
      ...text('RULE-LLM-REPEATED', { ...llm, entity: 'a.popa', count: 6, value: 6 }),
      notes: [{ time: ago(290), author: 'admin', text: 'Asked the team that runs the chat page.' }],
    }),
  ];
}

export function someAnomalies(): Anomaly[] {
  const enumeration = { entity: '2001:db8:41::7f', count: 23, value: 21, threshold: 5, window_min: 5 };
  const llm = { entity: 'm.ionescu', count: 4, value: 4, threshold: 1, window_min: 0 };
  return [
    anAnomaly(),
    anAnomaly({
      id: 'an-2',
      type: 'llm_injection',
      severity: 'high',
      confidence: 0.91,
      entity: { type: 'user', value: 'm.ionescu' },
      description: { key: 'anomaly.llm_injection.description', params: llm },
      last_seen: ago(95),
      count: 4,
      techniques: ['AML.T0051'],
    }),
    anAnomaly({
      id: 'an-3',
      type: 'account_enumeration',
      severity: 'medium',
      confidence: 0.82,
      entity: { type: 'ip', value: '2001:db8:41::7f' },
      description: { key: 'anomaly.account_enumeration.description', params: enumeration },
      last_seen: ago(610),
      count: 23,
      techniques: ['T1087'],
    }),
  ];
}

const lines: [string, string, string, string][] = [
  [
    'medium',
    'authentication',
    'login_failed',
    'Failed password for invalid user oracle from 192.0.2.44 port 51822 ssh2',
  ],
  ['info', 'access', 'http_request', 'GET /api/orders?page=2 200 1843 B 12 ms'],
  [
    'info',
    'authentication',
    'login_success',
    'Accepted publickey for deploy from 198.51.100.12 port 40122 ssh2',
  ],
  ['high', 'llm', 'injection_detected', 'Prompt injection detected: direct_override, confidence 0.91'],
  ['info', 'application', 'data_access', 'ana opened invoice 2026-1183'],
  ['low', 'access', 'http_error', 'POST /api/session 401 87 B 31 ms'],
  ['info', 'system', 'service_started', 'Started Daily apt upgrade and clean activities.'],
  ['medium', 'authentication', 'login_failed', 'Failed password for root from 192.0.2.44 port 51824 ssh2'],
  ['critical', 'security_audit', 'log_paused', 'Audit rules were flushed on db-2.example.com by uid 0'],
  ['low', 'llm', 'performance_metric', 'Slow validation: 1 240 ms'],
];

/** The line that must never act: markup, terminal codes, a turned reading direction, a NUL. */
export const hostileMessage =
  '<script>window.__pwned=1</script> \u001b[31mred\u001b[0m admin\u202egnp.exe\u202c nul\u0000end \u200bhidden';

export function someEvents(count = 40): Event[] {
  return Array.from({ length: count }, (_, index) => {
    const [severity, source, category, message] = lines[index % lines.length] ?? ['info', 'system', 'x', ''];
    return anEvent({
      id: `01J8ZQ4T6N${String(count - index).padStart(16, '0')}`,
      time: ago(index * 3 + 1),
      severity,
      source,
      category,
      message: index === 4 ? hostileMessage : message,
    });
  });
}
