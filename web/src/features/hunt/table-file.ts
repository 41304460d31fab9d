// The table of a hunt as a file. The server's export is of events; a table is whole in its answer, so the file is made of that.
import { csv } from '../../lib/csv';
import type { ExportedFile } from '../../ui/export-menu';
import type { Answer } from './hunt-answer';

/** The most rows that a table has. */
export const tableLimit = 10_000;

const types = { csv: 'text/csv;charset=utf-8', json: 'application/json', ndjson: 'application/x-ndjson' };

/** 20261127T043000Z, as in the names of the server's files. */
const stamp = (now: number) => `${new Date(now).toISOString().slice(0, 19).replace(/[-:]/g, '')}Z`;

export function tableFile(answer: Answer, format: keyof typeof types, now: number): ExportedFile {
  const names = answer.columns.map(({ name }) => name);
  const objects = () =>
    answer.rows.map((row) => Object.fromEntries(names.map((name, at) => [name, row[at] ?? null])));
  const text =
    format === 'csv'
      ? csv(names, answer.rows)
      : format === 'ndjson'
        ? objects()
            .map((each) => `${JSON.stringify(each)}\n`)
            .join('')
        : `${JSON.stringify({ query: answer.query, items: objects(), truncated: answer.truncated })}\n`;
  return {
    name: `tocsin-table-${stamp(now)}.${format}`,
    file: new Blob([text], { type: types[format] }),
    rows: answer.rows.length,
    cut: answer.truncated,
    incomplete: answer.incomplete,
  };
}
