import { describe, expect, it } from 'vitest';
import { codec, flag, formatSearch, listOf, moment, oneOf, parseSearch, text } from './url-state';

const read = codec({
  q: text(10),
  level: oneOf(['low', 'high']),
  types: listOf(['a', 'b', 'c']),
  from: moment,
  live: flag,
});

describe('codec', () => {
  it.each([
    ['nothing', '', {}],
    ['text', '?q=root', { q: 'root' }],
    ['text is cut', '?q=0123456789abc', { q: '0123456789' }],
    ['empty text is absent', '?q=', {}],
    ['numbers stay text', '?q=42', { q: '42' }],
    ['a known word', '?level=high', { level: 'high' }],
    ['an unknown word is dropped', '?level=highest', {}],
    ['a list in its own order, each once', '?types=c,a,a,x', { types: ['a', 'c'] }],
    ['a moment in UTC', '?from=2026-11-23T02:00:00%2B02:00', { from: '2026-11-23T00:00:00.000Z' }],
    ['a broken moment is dropped', '?from=yesterday', {}],
    ['a flag', '?live=1', { live: true }],
    ['a flag that is off', '?live=0', {}],
    ['unknown names are dropped', '?x=1&__proto__=2&constructor=3', {}],
  ])('%s', (_, search, want) => {
    expect(read(parseSearch(search))).toEqual(want);
  });

  it('comes back the same through the URL', () => {
    const state = {
      q: 'a&b=c, d#é',
      level: 'low',
      types: ['b', 'c'],
      live: true,
      from: '2026-01-02T03:04:05.000Z',
    };
    const wide = codec({
      ...{ q: text(), level: oneOf(['low']), types: listOf(['b', 'c']) },
      live: flag,
      from: moment,
    });
    expect(wide(parseSearch(formatSearch(state)))).toEqual(state);
  });
});

describe('formatSearch', () => {
  it('leaves out what is absent and keeps lists and times readable', () => {
    expect(formatSearch({ a: undefined, b: '', c: [], d: false, e: ['x', 'y'], f: true, g: '10:00' })).toBe(
      '?e=x,y&f=1&g=10:00',
    );
    expect(formatSearch({})).toBe('');
  });
});
