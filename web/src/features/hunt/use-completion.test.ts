import { describe, expect, it } from 'vitest';
import { fitting } from './use-completion';

const items = ['category=', 'filter.category=', 'count'].map((text) => ({
  text,
  kind: 'field' as const,
  from: 2,
  to: 3,
}));

describe('suggestions for a text that has gone on', () => {
  it.each([
    ['the same text', '😀 c | x', 4, ['category=', 'filter.category=', 'count'], 3, 4],
    ['more of the word', '😀 cat | x', 6, ['category=', 'filter.category='], 3, 6],
    ['another word', '😀 cz | x', 5, [], 0, 0],
    ['less', '😀  | x', 3, [], 0, 0],
    ['a change behind', '😀 ca | y', 5, [], 0, 0],
    ['a change before', 'a  ca | x', 5, [], 0, 0],
  ])('%s', (_, text, at, want, from, to) => {
    const found = fitting(items, { text: '😀 c | x', at: 4 }, { text, at });
    expect(found.map((item) => item.text)).toEqual(want);
    for (const item of found) expect([item.from, item.to]).toEqual([from, to]);
  });
});
