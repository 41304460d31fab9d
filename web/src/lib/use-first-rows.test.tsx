import { act, renderHook, waitFor } from '@testing-library/react';
import { describe, expect, it } from 'vitest';
import { useFirstRows } from './use-first-rows';

const rows = (count: number) => Array.from({ length: count }, (_, at) => at);

describe('the rows of a long list', () => {
  it('are the first ones at once, then all, and stay so when more come', async () => {
    const key = {};
    const { result, rerender } = renderHook(({ list, of }) => useFirstRows(list, of), {
      initialProps: { list: rows(100), of: key },
    });
    expect([result.current.shown.length, result.current.whole]).toEqual([24, false]);
    await waitFor(() => expect(result.current.whole).toBe(true));
    expect(result.current.shown).toHaveLength(100);
    rerender({ list: rows(200), of: key });
    expect(result.current.shown).toHaveLength(200);
  });

  it('begin anew with another list', async () => {
    const { result, rerender } = renderHook(({ list, of }) => useFirstRows(list, of), {
      initialProps: { list: rows(100), of: {} },
    });
    await waitFor(() => expect(result.current.whole).toBe(true));
    act(() => rerender({ list: rows(90), of: {} }));
    expect(result.current.shown).toHaveLength(24);
  });

  it('are all at once where they are few', () => {
    const { result } = renderHook(() => useFirstRows(rows(24), 'a'));
    expect([result.current.shown.length, result.current.whole]).toEqual([24, true]);
  });
});
