// Reading an answer of the server: cells as text, fields of events, a chart out of a table.
import type { Schemas } from '../../api/client';
import type { EventRecord } from '../../api/event';

export type Answer = Schemas['SearchAnswer'];
export type Cell = unknown;

/** A cell as text; a list with commas, nothing for what is not there. */
export function cellText(cell: Cell): string {
  if (cell === null || cell === undefined) return '';
  if (typeof cell === 'string') return cell;
  if (Array.isArray(cell)) return cell.map(cellText).join(', ');
  return typeof cell === 'object' ? JSON.stringify(cell) : String(cell);
}

/** A field of an event by its dotted name; attributes also without attrs. */
export function fieldOf(event: EventRecord, name: string): Cell {
  if (Object.hasOwn(event, name)) return event[name];
  const attrs = event.attrs as Record<string, unknown> | undefined;
  const short = name.startsWith('attrs.') ? name.slice(6) : name;
  if (attrs && Object.hasOwn(attrs, short)) return attrs[short];
  let at: unknown = event;
  for (const part of name.split('.')) {
    if (at === null || typeof at !== 'object' || !Object.hasOwn(at, part)) return undefined;
    at = (at as Record<string, unknown>)[part];
  }
  return at;
}

/** What a condition on a value can be written with: one plain value of a field that hunts know. */
export function pivots(name: string, value: Cell): boolean {
  const plain = typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
  const odd = /^(time|received|raw|marks|erased|origin|seq|ord|severity_number)(\.|$)/.test(name);
  return plain && !odd && value !== '' && String(value).length <= 1024;
}

const step = (answer: Answer, key: string) => answer.explain.find((each) => each.key === key);
const values = (answer: Answer, key: string, param: string) =>
  step(answer, key)?.params.find((each) => each.key === param)?.values ?? [];

/** Whether stages stand behind the condition: the server exports and follows conditions only. */
export const hasStages = (answer: Answer) => answer.explain.some(({ key }) => key.startsWith('stage.'));

/** Whether the hunt itself ends at a moment, so that nothing that comes in can fit it. */
export const ends = (answer: Answer) => values(answer, 'prune.time', 'to').length > 0;

/** Columns of a table whose cells are values of that field, and not calculated. */
export function fieldColumns(answer: Answer): Set<string> {
  const changed = ['stage.rename', 'stage.eval'].some((key) => step(answer, key));
  if (changed) return new Set();
  const by = ['stage.stats', 'stage.timechart', 'stage.top', 'stage.rare'].flatMap((key) => [
    ...values(answer, key, 'by'),
    ...(key === 'stage.stats' || key === 'stage.timechart' ? [] : values(answer, key, 'columns')),
  ]);
  return new Set(by);
}

export type Line = { name: string; values: (number | null)[] };
export type Chart = { times: number[]; lines: Line[]; left: number };

const mostLines = 6;

/** The lines of a timechart: one for each value of `by`, or for each column without; undefined for other tables. */
export function chartOf(answer: Answer): Chart | undefined {
  if (!step(answer, 'stage.timechart') || answer.columns[0]?.type !== 'time') return undefined;
  const by = values(answer, 'stage.timechart', 'by')[0];
  const byAt = by === undefined ? -1 : answer.columns.findIndex((column) => column.name === by);
  const numbers = answer.columns.flatMap((column, at) => (column.type === 'number' ? [at] : []));
  const shown = by === undefined ? numbers : numbers.slice(0, 1);
  const times = [...new Set(answer.rows.map((row) => Date.parse(String(row[0]))))]
    .filter(Number.isFinite)
    .sort((a, b) => a - b);
  if (times.length === 0 || shown.length === 0) return undefined;
  const place = new Map(times.map((time, at) => [time, at]));
  const lines = new Map<string, Line>();
  for (const row of answer.rows) {
    for (const at of shown) {
      const name = byAt < 0 ? (answer.columns[at]?.name ?? '') : cellText(row[byAt]);
      const line = lines.get(name) ?? { name, values: times.map(() => null) };
      lines.set(name, line);
      const when = place.get(Date.parse(String(row[0])));
      if (when !== undefined) line.values[when] = typeof row[at] === 'number' ? row[at] : null;
    }
  }
  const sum = (line: Line) => line.values.reduce<number>((all, value) => all + Math.abs(value ?? 0), 0);
  const sorted = [...lines.values()].sort((a, b) => sum(b) - sum(a));
  return { times, lines: sorted.slice(0, mostLines), left: Math.max(0, sorted.length - mostLines) };
}
