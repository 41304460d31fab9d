// Reading an event: an open JSON object whose fields anybody may have filled.
import type { Schemas } from './client';

export type EventRecord = Schemas['Event'];

/** A field as text; empty when it is absent, JSON when it is not plain. */
export function eventText(event: EventRecord, name: string): string {
  const value = event[name];
  if (value === undefined || value === null) return '';
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  return JSON.stringify(value);
}

/** What an event is called: its message, else its category. */
export function eventTitle(event: EventRecord): string {
  return eventText(event, 'message') || eventText(event, 'category');
}

/** What the source sent, or the message where that is kept as it was. */
export function eventRaw(event: EventRecord): { text: string; original: boolean } {
  const raw = eventText(event, 'raw');
  return { text: raw || eventText(event, 'message'), original: raw !== '' };
}

const levels = ['info', 'low', 'medium', 'high', 'critical'] as const;

export function eventLevel(event: EventRecord): (typeof levels)[number] {
  return levels.find((level) => level === event.severity) ?? 'info';
}

export type Erased = 'person' | 'content' | 'both';

/** What an erasure took out of the event, undefined when it is whole. */
export function eventErased(event: EventRecord): Erased | undefined {
  const parts: unknown[] = Array.isArray(event.erased) ? event.erased : [];
  const person = parts.includes('person');
  const content = parts.includes('content');
  if (person && content) return 'both';
  if (person) return 'person';
  return content ? 'content' : undefined;
}

export type Field = { name: string; value: string };

function flatten(prefix: string, value: unknown, out: Field[], depth: number): void {
  if (value !== null && typeof value === 'object' && !Array.isArray(value) && depth < 16) {
    for (const [name, inner] of Object.entries(value)) flatten(`${prefix}.${name}`, inner, out, depth + 1);
    return;
  }
  out.push({ name: prefix, value: typeof value === 'string' ? value : JSON.stringify(value) });
}

const first = [
  'time',
  'received',
  'source',
  'category',
  'severity',
  'outcome',
  'action',
  'message',
  'user',
  'ip',
];

/** Every field with its dotted name: the well-known ones first, then the others by name. */
export function eventFields(event: EventRecord): Field[] {
  const out: Field[] = [];
  for (const [name, value] of Object.entries(event)) if (name !== 'erased') flatten(name, value, out, 0);
  const rank = (name: string) => (first.includes(name) ? first.indexOf(name) : first.length);
  return out.sort((a, b) => rank(a.name) - rank(b.name) || a.name.localeCompare(b.name));
}
