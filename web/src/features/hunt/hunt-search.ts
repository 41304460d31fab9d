// The state of the page in its URL, and what the server is asked for it.
import { spanSeconds } from '../../lib/time';
import { codec, flag, moment, oneOf, text } from '../../lib/url-state';

/** The ranges that are offered; a saved search may have another. */
export const ranges = ['15m', '1h', '24h', '7d', '30d'] as const;
const span = (value: string) => (spanSeconds(value) === undefined ? undefined : value);

/** A range counts back from now; from and to are fixed moments and win over it. Without either: all time. */
export const huntSearch = codec({
  q: text(16_384),
  range: span,
  from: moment,
  to: moment,
  /** From when the hunt's own relative times count; the moment that it is asked without. */
  now: moment,
  columns: text(2000),
  live: flag,
  row: text(64),
  tab: oneOf(['fields', 'json', 'raw']),
});
export type HuntSearch = ReturnType<typeof huntSearch>;

export type HuntQuery = {
  q: string;
  from?: string | undefined;
  to?: string | undefined;
  now?: string | undefined;
};

/** The query parameters for a state; now is in milliseconds. */
export function huntQuery({ q = '', range, from, to, now: then }: HuntSearch, now: number): HuntQuery {
  const fixed = from !== undefined || to !== undefined;
  const start = new Date(Math.floor(now / 1000 - ((range && spanSeconds(range)) || 0)) * 1000).toISOString();
  return { q, from: from ?? (range && !fixed ? start : undefined), to, now: then };
}

/** Whether a hunt may say a time that counts from now: -24h, now, -1d@d. */
const relative = /now|[-+]\d|@/;

/** The state in which a range has become the moments that it was; what ends now ends at now for whoever opens it. */
export function frozen(search: HuntSearch, query: HuntQuery, now: number): HuntSearch {
  return {
    ...search,
    live: undefined,
    range: undefined,
    from: query.from,
    to: query.to ?? new Date(now).toISOString(),
    now: search.now ?? (relative.test(query.q) ? new Date(now).toISOString() : undefined),
  };
}

/** Chosen columns, in their order; undefined for those that the answer has. */
export function chosenColumns(search: HuntSearch): string[] | undefined {
  const names = search.columns?.split(',').filter(Boolean) ?? [];
  return names.length > 0 ? [...new Set(names)] : undefined;
}

/** The fields that are shown when nobody has chosen others. */
export const standard = ['time', 'severity', 'source', 'category', 'user', 'ip', 'message'];

/** The columns of events: the chosen ones, else those of the answer. */
export function shownColumns(
  search: HuntSearch,
  answer: { columns: { name: string }[] } | undefined,
): string[] {
  const all = answer?.columns.map(({ name }) => name) ?? standard;
  // the source says little beside the category: it is among the frequent values
  return chosenColumns(search) ?? all.filter((name) => name !== 'source');
}
