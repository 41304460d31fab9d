// Numbers for people, through Intl, in the reader's language.

const tags: Record<string, string> = { en: 'en-GB', ro: 'ro-RO' };

/** The BCP 47 tag whose conventions are used for a language of the app. */
export function localeTag(language: string): string {
  return tags[language] ?? language;
}

export function formatNumber(value: number, language: string, digits = 0): string {
  return new Intl.NumberFormat(localeTag(language), { maximumFractionDigits: digits }).format(value);
}

/** A share from 0 to 1 as a whole percentage. */
export function formatPercent(share: number, language: string): string {
  return new Intl.NumberFormat(localeTag(language), { style: 'percent', maximumFractionDigits: 0 }).format(
    share,
  );
}

/** Large counts in few characters: 12.3K. */
export function formatCompact(value: number, language: string): string {
  if (Math.abs(value) < 10_000) return formatNumber(value, language);
  return new Intl.NumberFormat(localeTag(language), { notation: 'compact', maximumFractionDigits: 1 }).format(
    value,
  );
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
    new Intl.NumberFormat(localeTag(language), {
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
