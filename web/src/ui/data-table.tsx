// Rows of one kind: a real table on a wide page, one block a row on a narrow one.
import { Skeleton } from '@mantine/core';
import { memo, type ReactNode, type RefObject } from 'react';
import { useStable } from '../lib/use-stable';
import classes from './data-table.module.css';

export type Column<T> = {
  id: string;
  header: string;
  cell: (row: T) => ReactNode;
  /** CSS width on a wide page; the columns without one share the rest. */
  width?: string;
  /** On a narrow page: a line of its own, its place in the first line, or not at all. */
  narrow?: 'line' | 'first' | 'end' | 'hide';
  /** Left out when the table is squeezed by an open panel. */
  wideOnly?: boolean;
  align?: 'end';
};

type Props<T> = {
  caption: string;
  columns: Column<T>[];
  rows: T[];
  rowId: (row: T) => string;
  selectedId?: string | undefined;
  onOpen?: (row: T) => void;
  loading?: boolean;
  dim?: (row: T) => boolean;
  tableRef?: RefObject<HTMLTableElement | null>;
  /** How many rows stand in while the first ones load. */
  skeletons?: number;
  /** Lower rows, for long lists of short lines. */
  dense?: boolean;
};

/** A click on a row opens it, but not one on a control in it, nor one that ends a text selection. */
function opens(event: React.MouseEvent): boolean {
  const target = event.target as HTMLElement;
  return !target.closest('a,button,input') && !window.getSelection()?.toString();
}

const cellProps = <T,>(column: Column<T>) => ({
  'data-narrow': column.narrow ?? 'line',
  'data-wide-only': column.wideOnly || undefined,
  'data-align': column.align,
});

type RowProps<T> = {
  row: T;
  id: string;
  columns: Column<T>[];
  selected: boolean;
  dim: boolean;
  onOpen: ((row: T) => void) | undefined;
};

/** Drawn again only when something of it is another: the same columns are the same array. */
const Row = memo(function Row<T>({ row, id, columns, selected, dim, onOpen }: RowProps<T>) {
  /* biome-ignore-start lint/a11y/noRedundantRoles: display:flex on a narrow page would drop the table's roles */
  return (
    // the row's link is the keyboard's way; a click anywhere on the row only widens the target
    <tr
      role="row"
      data-id={id}
      data-selected={selected || undefined}
      data-dim={dim || undefined}
      data-opens={onOpen ? true : undefined}
      onClick={onOpen && ((event) => opens(event) && onOpen(row))}
    >
      {columns.map((column) => (
        <td key={column.id} role="cell" {...cellProps(column)}>
          {column.cell(row)}
        </td>
      ))}
    </tr>
  );
  /* biome-ignore-end lint/a11y/noRedundantRoles: see above */
}) as <T>(props: RowProps<T>) => ReactNode;

export function DataTable<T>(props: Props<T>) {
  const {
    caption,
    columns,
    rows,
    rowId,
    selectedId,
    onOpen,
    loading = false,
    dim,
    tableRef,
    skeletons = 8,
    dense,
  } = props;
  const open = useStable((row: T) => onOpen?.(row));
  return (
    <div className={classes.frame} data-dense={dense || undefined}>
      {/* biome-ignore-start lint/a11y/noRedundantRoles: display:flex on a narrow page would drop the table's roles */}
      <table className={classes.table} role="table" ref={tableRef} aria-busy={loading}>
        <caption className="visually-hidden">{caption}</caption>
        <thead role="rowgroup">
          <tr role="row">
            {columns.map((column) => (
              <th
                key={column.id}
                role="columnheader"
                scope="col"
                style={{ width: column.width }}
                {...cellProps(column)}
              >
                {column.header}
              </th>
            ))}
          </tr>
        </thead>
        <tbody role="rowgroup">
          {loading &&
            Array.from({ length: skeletons }, (_, index) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: placeholders have no identity
              <tr key={index} role="row">
                {columns.map((column) => (
                  <td key={column.id} role="cell" {...cellProps(column)}>
                    <Skeleton height={10} width={`${45 + ((index * 17 + column.id.length * 11) % 45)}%`} />
                  </td>
                ))}
              </tr>
            ))}
          {!loading &&
            rows.map((row) => {
              const id = rowId(row);
              return (
                <Row
                  key={id}
                  row={row}
                  id={id}
                  columns={columns}
                  selected={id === selectedId}
                  dim={dim?.(row) ?? false}
                  onOpen={onOpen && open}
                />
              );
            })}
        </tbody>
      </table>
      {/* biome-ignore-end lint/a11y/noRedundantRoles: see above */}
    </div>
  );
}
