import { describe, expect, it } from 'vitest';
import { anEvent } from '../../test/factories';
import { anAnswer, aTable } from '../../test/hunt';
import { cellText, chartOf, fieldColumns, fieldOf, pivots } from './hunt-answer';

it.each([
  ['user', 'oracle'],
  ['attrs.port', 51822],
  ['port', 51822],
  ['attrs.sshd.method', 'password'],
  ['geo.country', 'RO'],
  ['geo.city', undefined],
  ['constructor', undefined],
])('the field %s of an event', (name, want) => {
  expect(fieldOf(anEvent({ geo: { country: 'RO' } }), name)).toBe(want);
});

it.each([
  [null, ''],
  [undefined, ''],
  ['a', 'a'],
  [1.5, '1.5'],
  [false, 'false'],
  [['a', 2, null], 'a, 2, '],
  [{ a: 1 }, '{"a":1}'],
])('the cell %j as text', (cell, want) => {
  expect(cellText(cell)).toBe(want);
});

it.each([
  ['user', 'a', true],
  ['attrs.port', 22, true],
  ['user', '', false],
  ['user', null, false],
  ['tags', ['a'], false],
  ['time', '2026-11-23T00:00:00Z', false],
  ['seq', 7, false],
  ['message', 'x'.repeat(1025), false],
])('a condition on %s = %j: %s', (name, value, want) => {
  expect(pivots(name, value)).toBe(want);
});

describe('columns that are fields', () => {
  it('are those that groups are made of', () => {
    expect([...fieldColumns(aTable())]).toEqual(['user']);
    expect([...fieldColumns(anAnswer())]).toEqual([]);
  });
  it('are not told of where they may have been changed', () => {
    const [step] = aTable().explain;
    const explain = [...(step ? [step] : []), { key: 'stage.rename', params: [] }];
    expect([...fieldColumns(aTable({ explain }))]).toEqual([]);
  });
});

describe('a chart', () => {
  const step = (by: string[]) => [
    { key: 'stage.timechart', params: by.length > 0 ? [{ key: 'by', values: by }] : [] },
  ];
  const at = (hour: number) => `2026-11-23T0${hour}:00:00Z`;
  const time = { name: 'time', type: 'time' } as const;
  const number = (name: string) => ({ name, type: 'number' }) as const;

  it('has a line for each value, the largest first, and says how many are left', () => {
    const rows = Array.from({ length: 8 }, (_, user) => [at(user % 2), `u${user}`, user]);
    const columns = [time, { name: 'user', type: 'text' } as const, number('count')];
    const chart = chartOf(aTable({ explain: step(['user']), columns, rows }));
    expect(chart?.times).toEqual([at(0), at(1)].map((each) => Date.parse(each)));
    expect(chart?.lines.map((line) => line.name)).toEqual(['u7', 'u6', 'u5', 'u4', 'u3', 'u2']);
    expect(chart?.lines[0]?.values).toEqual([null, 7]);
    expect(chart?.left).toBe(2);
  });

  it('has a line for each number without values', () => {
    const columns = [time, number('count'), number('avg')];
    const rows = [
      [at(1), 3, null],
      [at(0), 1, 2.5],
    ];
    expect(chartOf(aTable({ explain: step([]), columns, rows }))?.lines).toEqual([
      { name: 'count', values: [1, 3] },
      { name: 'avg', values: [2.5, null] },
    ]);
  });

  it('is made of nothing else', () => {
    expect(chartOf(aTable())).toBeUndefined();
    expect(chartOf(aTable({ explain: step([]), columns: [number('count')], rows: [[1]] }))).toBeUndefined();
    expect(
      chartOf(aTable({ explain: step([]), columns: [time, number('count')], rows: [] })),
    ).toBeUndefined();
  });
});
