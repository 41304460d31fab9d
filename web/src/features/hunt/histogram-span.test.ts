import { describe, expect, it } from 'vitest';
import { barsOf, fittingSpan, narrower } from './histogram-span';

const day = 86_400_000;
const from = Date.parse('2026-11-23T00:00:00Z');
const histogram = (span_ms: number, ...at: number[]) => ({
  by: 'severity',
  span_ms,
  too_many: false,
  buckets: at.map((offset) => ({ time: new Date(from + offset).toISOString(), value: 'high', count: 2 })),
});

it.each([
  [0, '1s'],
  [100_000, '1s'],
  [100_001, '5s'],
  [15 * 60_000, '10s'],
  [day, '15m'],
  [30 * day, '12h'],
  [5000 * day, '1w'],
])('a time of %i ms has bars of %s', (length, want) => {
  expect(fittingSpan(from, from + length)).toBe(want);
});

describe('narrower bars', () => {
  it.each([
    ['of one day', histogram(day, 0), { from, to: from + day, span: '15m' }],
    ['of two days', histogram(day, 0, day), { from, to: from + 2 * day, span: '30m' }],
    ['of a month, which are enough', histogram(day, 0, 30 * day), undefined],
    ['of a second, than which none are narrower', histogram(1000, 0), undefined],
    ['of nothing', histogram(day), undefined],
    ['of no histogram', undefined, undefined],
  ])('%s', (_, coarse, want) => {
    expect(narrower(coarse)).toEqual(want);
  });
});

it('stacks the severities of a bar, and what has none at the bottom', () => {
  const answer = histogram(day, day, 0, day);
  const buckets = answer.buckets.map((bucket, at) => ({
    ...bucket,
    value: ['critical', '', 'info'][at] ?? '',
  }));
  expect(barsOf({ ...answer, buckets })).toEqual([
    { time: from, parts: [2, 0, 0, 0, 0] },
    { time: from + day, parts: [2, 0, 0, 0, 2] },
  ]);
});
