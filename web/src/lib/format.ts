// Numbers for people, through Intl, in the reader's language.

const tags: Record<string, string> = { en: 'en-GB', ro: 'ro-RO' };

/** The BCP 47 tag whose conventions are used for a language of the app. */
export function localeTag(language: string): string {
  return tags[language] ?? language;
}

const made = new Map<string, unknown>();

/** A formatter, made once for its name: making one costs a hundred times what using it does. */
export function once<T>(name: string, make: () => T): T {
  const known = made.get(name) as T | undefined;
  if (known !== undefined) return known;
  const fresh = make();
  made.set(name, fresh);
  return fresh;
}

function numbers(language: string, options: Intl.NumberFormatOptions): Intl.NumberFormat {
  return once(
    `number ${language} ${JSON.stringify(options)}`,
    () => new Intl.NumberFormat(localeTag(language), options),
  );
}

export function formatNumber(value: number, language: string, digits = 0): string {
  return numbers(language, { maximumFractionDigits: digits }).format(value);
}

/** A share from 0 to 1 as a whole percentage. */
export function formatPercent(share: number, language: string): string {
  return numbers(language, { style: 'percent', maximumFractionDigits: 0 }).format(share);
}

/** Large counts in few characters: 12.3K. */
export function formatCompact(value: number, language: string): string {
  if (Math.abs(value) < 10_000) return formatNumber(value, language);
  return numbers(language, { notation: 'compact', maximumFractionDigits: 1 }).format(value);
}

/** Events a second: one decimal under ten, none above. */
export function formatRate(value: number, language: string): string {
  return formatNumber(value, language, value < 10 ? 1 : 0);
}

/** A length of time in its largest sensible unit: 850 ms, 12 s, 10 min, 3 h. */
export function formatDuration(
  seconds: number,
  language: string,
  display: 'short' | 'long' = 'short',
): string {
  const unit = (value: number, name: string, digits = 0) =>
    numbers(language, {
      style: 'unit',
      unit: name,
      unitDisplay: display,
      maximumFractionDigits: digits,
    }).format(value);
  if (seconds < 1) return unit(Math.round(seconds * 1000), 'millisecond');
  if (seconds < 60) return unit(seconds, 'second', seconds < 10 ? 1 : 0);
  if (seconds < 3600) return unit(seconds / 60, 'minute', Number.isInteger(seconds / 60) ? 0 : 1);
  if (seconds < 86_400) return unit(seconds / 3600, 'hour', 1);
  return unit(seconds / 86_400, 'day', 1);
}

const sizes = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte'];

/** A number of bytes in its largest sensible unit: 940 byte, 12.4 MB. */
export function formatBytes(bytes: number, language: string): string {
  const step = Math.min(sizes.length - 1, bytes < 1 ? 0 : Math.floor(Math.log10(bytes) / 3));
  const value = bytes / 1000 ** step;
  return numbers(language, {
    style: 'unit',
    unit: sizes[step] ?? 'byte',
    unitDisplay: 'short',
    maximumFractionDigits: value < 100 ? 1 : 0,
  }).format(value);
}
