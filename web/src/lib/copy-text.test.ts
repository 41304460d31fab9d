import { afterEach, expect, it, vi } from 'vitest';
import { copyText } from './copy-text';

afterEach(() => {
  vi.unstubAllGlobals();
  Reflect.deleteProperty(document, 'execCommand');
});

/** A page over plain HTTP: no clipboard, and the older way copies, or does not. */
function plain(works: boolean): { copied: string } {
  const seen = { copied: '' };
  vi.stubGlobal('navigator', {});
  document.execCommand = () => {
    const area = document.activeElement as HTMLTextAreaElement;
    if (works) seen.copied = area.value.slice(area.selectionStart, area.selectionEnd);
    return works;
  };
  return seen;
}

it('copies where there is a clipboard', async () => {
  const writeText = vi.fn(async () => {});
  vi.stubGlobal('navigator', { clipboard: { writeText } });
  expect(await copyText('a')).toBe(true);
  expect(writeText).toHaveBeenCalledWith('a');
});

it('copies without one, and leaves the focus where it was', async () => {
  const button = document.body.appendChild(document.createElement('button'));
  button.focus();
  const seen = plain(true);
  expect(await copyText('a\n"b"')).toBe(true);
  expect(seen.copied).toBe('a\n"b"');
  expect(document.activeElement).toBe(button);
  expect(document.querySelector('textarea')).toBeNull();
  button.remove();
});

it('says when nothing was copied', async () => {
  plain(false);
  expect(await copyText('a')).toBe(false);
  vi.stubGlobal('navigator', { clipboard: { writeText: () => Promise.reject(new Error('not allowed')) } });
  expect(await copyText('a')).toBe(false);
  Reflect.deleteProperty(document, 'execCommand');
  expect(await copyText('a')).toBe(false);
});
