// j and k move along the rows of a table by moving the focus from one row's link to the next.
import type { RefObject } from 'react';
import { useHotkeys } from '../lib/keyboard-context';

type Options = {
  table: RefObject<HTMLTableElement | null>;
  /** The row whose panel is open; moving starts there. */
  selectedId?: string | undefined;
  /** Called when a move happens while a panel is open, so that the panel follows. */
  onMove?: (id: string) => void;
};

/** The row a shortcut is about: the focused one, else the one whose panel is open. */
export function currentRow(table: HTMLTableElement | null, selectedId?: string): string | undefined {
  const focused = document.activeElement?.closest<HTMLElement>('tr[data-id]');
  if (focused && table?.contains(focused)) return focused.dataset.id;
  return selectedId;
}

export function useRowKeys({ table, selectedId, onMove }: Options): void {
  const move = (by: 1 | -1) => {
    const links = [...(table.current?.querySelectorAll<HTMLElement>('tr[data-id] [data-row-link]') ?? [])];
    if (links.length === 0) return;
    const id = currentRow(table.current, selectedId);
    const at = links.findIndex((link) => link.closest<HTMLElement>('tr')?.dataset.id === id);
    const next =
      links[at < 0 ? (by > 0 ? 0 : links.length - 1) : Math.min(Math.max(at + by, 0), links.length - 1)];
    next?.focus();
    next?.scrollIntoView({ block: 'nearest' });
    const nextId = next?.closest<HTMLElement>('tr')?.dataset.id;
    if (selectedId !== undefined && nextId !== undefined) onMove?.(nextId);
  };
  useHotkeys({ j: () => move(1), k: () => move(-1) });
}
