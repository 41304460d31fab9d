// The events of a filter or a hunt as a file, read as it is made. One line is one event, so that lines tell how far it is.
import { ApiError, client } from './client';
import { incompleteIn } from './incomplete';
import type { paths } from './schema.gen';

type Query = NonNullable<paths['/api/siem/export']['get']['parameters']['query']>;
export type ExportFormat = 'csv' | 'json' | 'ndjson' | 'parquet';

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

/** Lines that are no events: of CSV its header; of JSON what opens the list and what closes it. Parquet has no lines. */
const frame = { csv: 1, json: 3, ndjson: 0 };

type Ending = { rows: number; cut: boolean };

/** How many events a JSON file says it has, and whether more match; it says so at its end. */
async function jsonEnding(file: Blob): Promise<Ending | undefined> {
  const text = await file.slice(-4096).text();
  const [, next, rows] = /\],"next":(null|"[^"]*"),"rows":(\d+),/.exec(text) ?? [];
  return rows === undefined ? undefined : { rows: Number(rows), cut: next !== 'null' };
}

/**
 * The same of a Parquet file. Its footer, whose length stands before the last four bytes, has pairs of keys and values: in
 * Thrift's compact protocol a byte of type and a varint of length, then the value.
 */
async function parquetEnding(file: Blob): Promise<Ending | undefined> {
  const tail = new DataView(await file.slice(-8).arrayBuffer());
  if (tail.byteLength < 8) return undefined;
  const footer = await file.slice(-8 - tail.getUint32(0, true), -8).arrayBuffer();
  const text = new TextDecoder('latin1').decode(footer);
  const value = (key: string) => {
    const before = `\x18${String.fromCharCode(key.length)}${key}\x18`;
    const at = text.lastIndexOf(before) + before.length;
    // A cursor is shorter than 128 characters, so its length is one byte.
    return at < before.length ? undefined : text.slice(at + 1, at + 1 + text.charCodeAt(at));
  };
  const rows = value('tocsin.rows');
  return rows === undefined ? undefined : { rows: Number(rows), cut: value('tocsin.next') !== '' };
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
  let rows = format === 'parquet' ? 0 : -frame[format];
  try {
    const reader = (data as ReadableStream<Uint8Array<ArrayBuffer>>).getReader();
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      parts.push(part.value);
      if (format === 'parquet') continue;
      rows += lines(part.value);
      onRows(Math.max(0, rows));
    }
  } catch (error) {
    if (signal.aborted) throw error;
    throw new ApiError(0, { code: 'broke_off', detail: String(error) });
  }
  const type = response.headers.get('Content-Type') ?? 'application/octet-stream';
  const named = /filename="([\w.-]+)"/.exec(response.headers.get('Content-Disposition') ?? '');
  const file = new Blob(parts, { type });
  const ending = { csv: undefined, ndjson: undefined, json: jsonEnding, parquet: parquetEnding }[format];
  const end = await ending?.(file);
  return {
    name: named?.[1] ?? `tocsin-events.${format}`,
    file,
    rows: end?.rows ?? Math.max(0, rows),
    cut: end?.cut ?? rows >= exportLimit,
    incomplete: incompleteIn(response.headers),
  };
}
