import { describe, expect, it } from 'vitest';
import { condition, conditionEnd, toPoints, toUnits, withCondition } from './hunt-text';

describe('condition', () => {
  it.each([
    ['user', 'root', 'user:"root"'],
    ['attrs.port', '22', 'attrs.port:"22"'],
    ['user', 'a "b" \\ c*', 'user:"a \\"b\\" \\\\ c\\*"'],
    ['user agent', 'x', '\'user agent\':"x"'],
    ["it's", 'x', "'it\\'s':\"x\""],
    ['NOT', 'x', '\'NOT\':"x"'],
  ])('%s is %s', (field, value, want) => {
    expect(condition(field, value)).toBe(want);
    expect(condition(field, value, true)).toBe(`-${want}`);
  });
});

describe('conditionEnd', () => {
  it.each([
    ['a b', 'a b'],
    ['a | stats count', 'a '],
    ['"a|b" | head', '"a|b" '],
    ['"a\\"|b" c', '"a\\"|b" c'],
    ["'x|y'=1 | head", "'x|y'=1 "],
    ['message=/a|b/ | head', 'message=/a|b/ '],
    ['-/a|b/', '-/a|b/'],
    ['ip=10.0.0.0/8 | top /', 'ip=10.0.0.0/8 '],
    ['-- it | is\na | head', '-- it | is\na '],
    ['a -- b | head', 'a -- b '],
    ['"open | ', '"open | '],
  ])('%s', (text, want) => {
    expect(text.slice(0, conditionEnd(text))).toBe(want);
  });
});

describe('withCondition', () => {
  it.each([
    ['', 'user:"root"'],
    ['*', 'user:"root"'],
    ['failed', 'failed user:"root"'],
    ['failed | head 3', 'failed user:"root" | head 3'],
    ['failed\n| head 3', 'failed user:"root"\n| head 3'],
    ['| top ip', 'user:"root" | top ip'],
    ['a -user:"root" b', 'a b user:"root"'],
    ['a user:"root" b', 'a user:"root" b'],
    ['a\n-- why', 'a\n-- why\nuser:"root"'],
  ])('%s', (text, want) => {
    expect(withCondition(text, 'user', 'root', false)).toBe(want);
  });
  it('excludes, and an include goes', () => {
    expect(withCondition('user:"root" | head', 'user', 'root', true)).toBe('-user:"root" | head');
  });
});

it('counts characters as the server does', () => {
  expect(toPoints('😀 ca', 5)).toBe(4);
  expect(toUnits('😀 ca', 2)).toBe(3);
  expect(toUnits('ab', 9)).toBe(2);
});
