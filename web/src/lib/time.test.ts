import { describe, expect, it } from 'vitest';
import { formatDuration, formatNumber, formatPercent } from './format';
import { formatAbsolute, formatClock, formatRelative, formatTick, timeTicks } from './time';

const time = '2026-11-23T02:14:07Z';
const now = Date.parse('2026-11-23T02:20:00Z');

describe('times', () => {
  it('prints the whole time with its zone in each language', () => {
    expect(formatAbsolute(time, 'en', 'utc')).toBe('23 Nov 2026, 02:14:07 UTC');
    expect(formatAbsolute(time, 'ro', 'utc')).toBe('23.11.2026, 02:14:07 UTC');
  });
  it('prints the hour on the day, the date before on others', () => {
    expect(formatClock(time, 'en', 'utc', now)).toBe('02:14:07');
    expect(formatClock('2026-11-21T02:14:07Z', 'en', 'utc', now)).toBe('21 Nov, 02:14:07');
    expect(formatClock('2015-12-10T06:55:48Z', 'en', 'utc', now)).toBe('10 Dec 2015, 06:55:48');
    expect(formatClock('2015-12-10T06:55:48Z', 'ro', 'utc', now)).toBe('10.12.2015, 06:55:48');
  });
  it('says how long ago', () => {
    expect(formatRelative('2026-11-23T02:19:55Z', 'en', now)).toBe('now');
    expect(formatRelative('2026-11-23T02:19:20Z', 'en', now)).toBe('40 sec ago');
    expect(formatRelative(time, 'en', now)).toBe('5 min ago');
    expect(formatRelative(time, 'ro', now)).toBe('acum 5 min.');
    expect(formatRelative('2026-11-20T02:14:07Z', 'en', now)).toBe('3 days ago');
  });
  it('leaves what is no time as it is', () => {
    expect(formatAbsolute('soon', 'en', 'utc')).toBe('soon');
    expect(formatRelative('soon', 'en', now)).toBe('');
  });
});

describe('ticks', () => {
  const from = Date.parse('2026-11-23T02:14:07Z');
  it.each([
    [3_600_000, 6, 900_000, ['02:15', '02:30', '02:45', '03:00']],
    [60_000, 6, 15_000, ['02:14:15', '02:14:30', '02:14:45', '02:15:00']],
    [3 * 86_400_000, 4, 86_400_000, ['24 Nov', '25 Nov', '26 Nov']],
  ])('are round (%i ms)', (length, most, step, want) => {
    const found = timeTicks(from, from + length, most, 'utc');
    expect(found.step).toBe(step);
    expect(found.ticks.map((tick) => formatTick(tick, 'en', 'utc', found.step))).toEqual(want);
  });
});

describe('numbers', () => {
  it('follow the language', () => {
    expect(formatNumber(1234.5, 'en', 1)).toBe('1,234.5');
    expect(formatNumber(1234.5, 'ro', 1)).toBe('1.234,5');
    expect(formatPercent(0.96, 'en')).toBe('96%');
    expect(formatDuration(0.18, 'en')).toBe('180 ms');
    expect(formatDuration(600, 'en', 'long')).toBe('10 minutes');
    expect(formatDuration(600, 'ro', 'long')).toBe('10 minute');
  });
});
