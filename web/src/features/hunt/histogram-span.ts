// How wide the bars of the histogram are, and the bars themselves.
import type { Schemas } from '../../api/client';

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;
const spans: [number, string][] = [
  [second, '1s'],
  [5 * second, '5s'],
  [10 * second, '10s'],
  [15 * second, '15s'],
  [30 * second, '30s'],
  [minute, '1m'],
  [2 * minute, '2m'],
  [5 * minute, '5m'],
  [10 * minute, '10m'],
  [15 * minute, '15m'],
  [30 * minute, '30m'],
  [hour, '1h'],
  [2 * hour, '2h'],
  [6 * hour, '6h'],
  [12 * hour, '12h'],
  [day, '1d'],
  [7 * day, '1w'],
];
const mostBars = 100;

/** The smallest span of which at most a hundred cover the time. */
export function fittingSpan(from: number, to: number): string {
  const found = spans.find(([wide]) => (to - from) / wide <= mostBars);
  return found?.[1] ?? '1w';
}

type Histogram = Schemas['SearchHistogram'];

/** What is worth asking again with narrower bars: the time that has events, when few bars cover it. */
export function narrower(
  histogram: Histogram | undefined,
): { from: number; to: number; span: string } | undefined {
  const times = histogram?.buckets.map((bucket) => Date.parse(bucket.time)) ?? [];
  if (!histogram || times.length === 0) return undefined;
  const from = Math.min(...times);
  const to = Math.max(...times) + histogram.span_ms;
  if (histogram.span_ms <= second || (to - from) / histogram.span_ms > 24) return undefined;
  return { from, to, span: fittingSpan(from, to) };
}

export const levels = ['info', 'low', 'medium', 'high', 'critical'] as const;

/** A bar: its time in milliseconds and its counts by severity, the least severe first; none are left out between. */
export type Bar = { time: number; parts: number[] };

export function barsOf(histogram: Histogram): Bar[] {
  const bars = new Map<number, Bar>();
  for (const bucket of histogram.buckets) {
    const time = Date.parse(bucket.time);
    const bar = bars.get(time) ?? { time, parts: levels.map(() => 0) };
    const at = (levels as readonly string[]).indexOf(bucket.value);
    bar.parts[Math.max(0, at)] = (bar.parts[Math.max(0, at)] ?? 0) + bucket.count;
    bars.set(time, bar);
  }
  return [...bars.values()].sort((a, b) => a.time - b.time);
}
