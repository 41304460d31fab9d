// The events of a filter or a hunt as a file, read as it is made. One line is one event, so that lines tell how far it is.
import { ApiError, client } from './client';
import { incompleteIn } from './incomplete';
import type { paths } from './schema.gen';

type Query = NonNullable<paths['/api/siem/export']['get']['parameters']['query']>;
export type ExportFormat = 'csv' | 'json' | 'ndjson';

/** The most events of one file; the page states it before anybody asks. */
export const exportLimit = 100_000;

export type Export = {
  name: string;
  file: Blob;
  rows: number;
  /** The file has as many events as it may have: more may match. */
  cut: boolean;
  /** Stored events that cannot be read and may be missing. */
  incomplete: number;
};

const newline = 10;

function lines(bytes: Uint8Array): number {
  let count = 0;
  for (let at = bytes.indexOf(newline); at >= 0; at = bytes.indexOf(newline, at + 1)) count++;
  return count;
}

/** Lines that are no events: of CSV its header; of JSON what opens the list and what closes it. */
const frame = { csv: 1, json: 3, ndjson: 0 };

/** How many events a JSON file says it has, and whether more match; it says so at its end. */
async function ending(parts: Uint8Array<ArrayBuffer>[]): Promise<{ rows: number; cut: boolean } | undefined> {
  const text = await new Blob(parts.slice(-2)).slice(-4096).text();
  const [, next, rows] = /\],"next":(null|"[^"]*"),"rows":(\d+),/.exec(text) ?? [];
  return rows === undefined ? undefined : { rows: Number(rows), cut: next !== 'null' };
}

/**
 * Reads an export to its end. It throws an ApiError when there is none, and one of status 0 and code broke_off when the
 * connection ended before the file did: what came by then is not kept.
 */
export async function exportEvents(
  query: Query,
  format: ExportFormat,
  signal: AbortSignal,
  onRows: (rows: number) => void,
): Promise<Export> {
  const { data, response } = await client.GET('/api/siem/export', {
    params: { query: { ...query, format, limit: exportLimit } },
    parseAs: 'stream',
    signal,
  });
  const parts: Uint8Array<ArrayBuffer>[] = [];
  let rows = -frame[format];
  try {
    const reader = (data as ReadableStream<Uint8Array<ArrayBuffer>>).getReader();
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      parts.push(part.value);
      rows += lines(part.value);
      onRows(Math.max(0, rows));
    }
  } catch (error) {
    if (signal.aborted) throw error;
    throw new ApiError(0, { code: 'broke_off', detail: String(error) });
  }
  const end = format === 'json' ? await ending(parts) : undefined;
  const type = response.headers.get('Content-Type') ?? 'application/octet-stream';
  const named = /filename="([\w.-]+)"/.exec(response.headers.get('Content-Disposition') ?? '');
  return {
    name: named?.[1] ?? `tocsin-events.${format}`,
    file: new Blob(parts, { type }),
    rows: end?.rows ?? Math.max(0, rows),
    cut: end?.cut ?? rows >= exportLimit,
    incomplete: incompleteIn(response.headers),
  };
}
