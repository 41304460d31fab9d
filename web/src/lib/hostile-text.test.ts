import { describe, expect, it } from 'vitest';
import { escapeBytes, neutralise, pieces, safeJson } from './hostile-text';

describe('neutralise', () => {
  const cases: [string, string, string][] = [
    ['plain text', 'Failed password for ana', 'Failed password for ana'],
    ['letters of other scripts', 'ștefan Ελένη 東京 عمر', 'ștefan Ελένη 東京 عمر'],
    ['emoji', 'ok 👍', 'ok 👍'],
    ['NUL', 'a\u0000b', 'a‹NUL›b'],
    ['terminal colour', '\u001b[31mred', '‹ESC›[31mred'],
    ['line feed and return', 'a\r\nb', 'a‹CR›‹LF›b'],
    ['delete', 'a\u007fb', 'a‹DEL›b'],
    ['C1 control', 'a\u009bb', 'a‹U+009B›b'],
    ['turned direction', 'a\u202eexe.png', 'a‹U+202E›exe.png'],
    ['isolates', '\u2066a\u2069', '‹U+2066›a‹U+2069›'],
    ['zero width', 'ad\u200bmin\u200d', 'ad‹U+200B›min‹U+200D›'],
    ['byte order mark', '\ufeffa', '‹U+FEFF›a'],
    ['soft hyphen', 'ad\u00admin', 'ad‹U+00AD›min'],
    ['tag characters', 'a\u{e0041}b', 'a‹U+E0041›b'],
    ['line separator', 'a\u2028b', 'a‹U+2028›b'],
    ['half of a pair', 'a\ud800b', 'a‹U+D800›b'],
  ];
  it.each(cases)('%s', (_, text, want) => {
    expect(neutralise(text)).toBe(want);
  });

  it('is the same as the joined pieces', () => {
    const text = 'x\u0000y\u202ez';
    expect(
      pieces(text)
        .map((piece) => piece.text)
        .join(''),
    ).toBe(neutralise(text));
    expect(pieces(text).filter((piece) => piece.control)).toHaveLength(2);
  });

  it('leaves nothing behind that it would change', () => {
    const all = Array.from({ length: 70_000 }, (_, code) => String.fromCodePoint(code)).join('');
    const once = neutralise(all);
    expect(neutralise(once)).toBe(once);
    for (const code of [0, 0x1b, 0x7f, 0x9b, 0x200b, 0x202e, 0x2066, 0xfeff]) {
      expect(once).not.toContain(String.fromCodePoint(code));
    }
  });
});

describe('escapeBytes', () => {
  it('writes what could act as bytes of UTF-8 and doubles the backslash', () => {
    expect(escapeBytes('a\u0000\u001b\u202e\\')).toBe('a\\x00\\x1b\\xe2\\x80\\xae\\\\');
  });
});

describe('safeJson', () => {
  it('is JSON of the same value without one unsafe character in it', () => {
    const value = { message: 'a\u202eb\u0000c\u{e0041}\nd', 'k\u200b': 1 };
    const text = safeJson(value);
    expect(JSON.parse(text)).toEqual(value);
    expect(neutralise(text.replaceAll('\n', ''))).toBe(text.replaceAll('\n', ''));
  });
});
