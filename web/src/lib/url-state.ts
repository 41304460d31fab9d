// The state of a page lives in its URL, as plain text: ?level=high,critical&q=root. A codec reads each
// parameter with its own rule and drops what does not fit, so that an old or hand-written link still opens.

export type Raw = Record<string, unknown>;
type Read<T> = (value: string) => T | undefined;

/** Any text, cut at a length no person types. */
export const text =
  (max = 1000): Read<string> =>
  (value) =>
    value === '' ? undefined : value.slice(0, max);

/** One of the given words. */
export const oneOf =
  <const W extends string>(words: readonly W[]): Read<W> =>
  (value) =>
    words.find((word) => word === value);

/** A comma-separated list of the given words, in their order, each once. */
export const listOf =
  <const W extends string>(words: readonly W[]): Read<W[]> =>
  (value) => {
    const wanted = new Set(value.split(','));
    const found = words.filter((word) => wanted.has(word));
    return found.length === 0 ? undefined : found;
  };

/** A moment in ISO 8601, brought to UTC. */
export const moment: Read<string> = (value) => {
  const date = new Date(value);
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString();
};

/** "1" and "true" are on; everything else is absent. */
export const flag: Read<true> = (value) => (value === '1' || value === 'true' ? true : undefined);

type Shape = Record<string, Read<unknown>>;
export type State<S extends Shape> = { [K in keyof S]?: Exclude<ReturnType<S[K]>, undefined> };

/** Makes the function that turns raw parameters into a page's state. */
export function codec<S extends Shape>(shape: S): (raw: Raw) => State<S> {
  return (raw) => {
    const out: Record<string, unknown> = {};
    for (const [name, read] of Object.entries(shape)) {
      const value = raw[name];
      if (value === undefined || value === null) continue;
      const parsed = read(Array.isArray(value) ? value.join(',') : String(value));
      if (parsed !== undefined) out[name] = parsed;
    }
    return out as State<S>;
  };
}

/** Reads ?a=1&b=2 into plain strings; the last one of a repeated name counts. */
export function parseSearch(search: string): Record<string, string> {
  return Object.fromEntries(new URLSearchParams(search));
}

/** Writes a state as a query string: lists with commas, true as 1, absent and empty values not at all. */
export function formatSearch(state: Raw): string {
  const parts: string[] = [];
  for (const [name, value] of Object.entries(state)) {
    if (value === undefined || value === null || value === '' || value === false) continue;
    if (Array.isArray(value) && value.length === 0) continue;
    const written = Array.isArray(value) ? value.join(',') : value === true ? '1' : String(value);
    parts.push(
      `${encodeURIComponent(name)}=${encodeURIComponent(written).replaceAll('%2C', ',').replaceAll('%3A', ':')}`,
    );
  }
  return parts.length === 0 ? '' : `?${parts.join('&')}`;
}
