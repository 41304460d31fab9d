import { describe, expect, it } from 'vitest';
import { csv } from './csv';

const line = (...cells: unknown[]) => csv([], [cells]).slice(2);

describe('csv', () => {
  it.each([
    ['a text', 'plain', '"plain"'],
    ['quotes', 'say "x"', '"say ""x"""'],
    ['a number', -3.5, '-3.5'],
    ['true', true, 'true'],
    ['nothing', null, ''],
    ['an empty text', '', '""'],
    ['a list', ['a', 'b'], '"[""a"",""b""]"'],
    ['ends of lines', 'a\r\nb\tc', '"a\\r\\nb\\tc"'],
    ['a turned direction', 'a\u202eb', '"a\\u202eb"'],
    ['a formula', '=1+1', '"\'=1+1"'],
    ['a formula behind blanks', ' \u200b"@SUM(A1)', '"\' \u200b""@SUM(A1)"'],
    ['a wide sign', '＝1', '"\'＝1"'],
    ['a minus', '-x', '"\'-x"'],
    ['a sign behind a letter', 'a=1', '"a=1"'],
    ['a tab before a sign', '\t=1', '"\\t=1"'],
  ])('%s', (_, value, want) => {
    expect(line(value)).toBe(`${want}\r\n`);
  });

  it('has a header, and a line for each row', () => {
    expect(csv(['user', '=n'], [['root', 2]])).toBe('"user","\'=n"\r\n"root",2\r\n');
  });
});
