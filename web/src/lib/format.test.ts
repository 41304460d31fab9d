import { describe, expect, it } from 'vitest';
import { formatBytes, formatNumber, once } from './format';

const plain = (text: string) => text.replaceAll('\u00a0', ' ');

describe('formats', () => {
  it.each([
    [0, '0 byte', '0 B'],
    [999, '999 byte', '999 B'],
    [1000, '1 kB', '1 kB'],
    [1_437_696, '1.4 MB', '1,4 MB'],
    [251_000_000, '251 MB', '251 MB'],
    [3.2e15, '3,200 TB', '3.200 TB'],
  ])('%i bytes', (bytes, en, ro) => {
    expect(plain(formatBytes(bytes, 'en'))).toBe(en);
    expect(plain(formatBytes(bytes, 'ro'))).toBe(ro);
  });

  it('are made once, and are others for another language', () => {
    let made = 0;
    const make = () => {
      made++;
      return {};
    };
    expect(once('a test', make)).toBe(once('a test', make));
    expect(made).toBe(1);
    expect([formatNumber(1234.5, 'en', 1), formatNumber(1234.5, 'ro', 1)]).toEqual(['1,234.5', '1.234,5']);
  });
});
