// Times for people: relative beside absolute, the zone always printed.
import { localeTag, once } from './format';

export type Zone = 'local' | 'utc';

function dates(tag: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  return once(`date ${tag} ${JSON.stringify(options)}`, () => new Intl.DateTimeFormat(tag, options));
}

const zoneOption = (zone: Zone) => (zone === 'utc' ? { timeZone: 'UTC' } : {});

const unitSeconds: Record<string, number> = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 };

/** A time that counts back from now, such as 24h, in seconds; undefined for what is none. The server's saved searches have these. */
export function spanSeconds(span: string): number | undefined {
  const [, count, unit = ''] = /^([1-9]\d{0,3})([smhdw])$/.exec(span) ?? [];
  const size = unitSeconds[unit];
  return size === undefined ? undefined : Number(count) * size;
}

/** The whole truth, for tooltips and detail: 23 Nov 2026, 02:14:07 UTC (23.11.2026, 02:14:07 UTC in Romanian). */
export function formatAbsolute(iso: string, language: string, zone: Zone): string {
  const date = new Date(iso);
  if (Number.isNaN(date.getTime())) return iso;
  return dates(localeTag(language), {
    year: 'numeric',
    month: language === 'ro' ? '2-digit' : 'short',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hourCycle: 'h23',
    timeZoneName: 'short',
    ...zoneOption(zone),
  }).format(date);
}

/** Short absolute time for a column: the hour on the day itself, with the date before on other days. */
export function formatClock(iso: string, language: string, zone: Zone, now: number): string {
  const date = new Date(iso);
  if (Number.isNaN(date.getTime())) return iso;
  const tag = localeTag(language);
  const day = (value: Date | number) =>
    dates('en-CA', {
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      ...zoneOption(zone),
    }).format(value);
  const clock = dates(tag, {
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hourCycle: 'h23',
    ...zoneOption(zone),
  }).format(date);
  if (day(date) === day(now)) return clock;
  const sameYear = day(date).slice(0, 4) === day(now).slice(0, 4);
  const date2 = dates(tag, {
    day: '2-digit',
    month: language === 'ro' ? '2-digit' : 'short',
    ...(sameYear && language !== 'ro' ? {} : { year: 'numeric' }),
    ...zoneOption(zone),
  }).format(date);
  return `${date2}, ${clock}`;
}

const steps: [Intl.RelativeTimeFormatUnit, number][] = [
  ['year', 31_536_000],
  ['month', 2_592_000],
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
];

/** How long ago, in one unit; under ten seconds it is "now". */
export function formatRelative(iso: string, language: string, now: number): string {
  const then = new Date(iso).getTime();
  if (Number.isNaN(then)) return '';
  const seconds = Math.round((then - now) / 1000);
  const format = once(
    `relative ${language}`,
    () => new Intl.RelativeTimeFormat(localeTag(language), { style: 'short', numeric: 'auto' }),
  );
  if (Math.abs(seconds) < 10) return format.format(0, 'second');
  for (const [unit, size] of steps) {
    if (Math.abs(seconds) >= size) return format.format(Math.trunc(seconds / size), unit);
  }
  return format.format(seconds, 'second');
}

const tickSteps = [
  1, 5, 15, 30, 60, 300, 900, 1800, 3600, 10_800, 21_600, 43_200, 86_400, 604_800, 2_592_000, 7_776_000,
];

/** Round moments between two, at most `most`, and the distance between them; all in milliseconds. */
export function timeTicks(
  from: number,
  to: number,
  most: number,
  zone: Zone,
): { ticks: number[]; step: number } {
  const step = (tickSteps.find((seconds) => (to - from) / 1000 / seconds <= most) ?? 31_536_000) * 1000;
  // days and hours are round where the reader is
  const shift = zone === 'utc' ? 0 : new Date(from).getTimezoneOffset() * 60_000;
  const ticks: number[] = [];
  for (let at = Math.ceil((from - shift) / step) * step + shift; at < to; at += step) ticks.push(at);
  return { ticks, step };
}

/** A moment beside an axis: no more of it than the distance to the next one needs. */
export function formatTick(time: number, language: string, zone: Zone, step: number): string {
  const day = step >= 86_400_000;
  return dates(localeTag(language), {
    ...(day
      ? { day: '2-digit', month: language === 'ro' ? '2-digit' : 'short' }
      : { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }),
    ...(step < 60_000 ? { second: '2-digit' } : {}),
    ...zoneOption(zone),
  }).format(time);
}
