// The table that the stages of a hunt made.
import { Button } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { formatNumber } from '../../lib/format';
import { LoadMore } from '../../ui/load-more';
import { LogText } from '../../ui/log-text';
import { type Severity, SeverityBadge } from '../../ui/severity';
import { TimeText } from '../../ui/time-text';
import { levels } from './histogram-span';
import { type Answer, type Cell, cellText, fieldColumns, pivots } from './hunt-answer';
import { PivotButton } from './pivot';
import classes from './result-table.module.css';

const step = 200;
type Sort = { at: number; down: boolean };

/** Numbers as numbers, everything else as text; what is not there comes last, as in the language. */
function compare(a: Cell, b: Cell): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  return cellText(a).localeCompare(cellText(b), undefined, { numeric: true });
}

function sorted(rows: Cell[][], sort: Sort | undefined): Cell[][] {
  if (!sort) return rows;
  const absent = (cell: Cell) => cell === null || cell === undefined;
  return rows.toSorted((a, b) => {
    const [x, y] = [a[sort.at], b[sort.at]];
    if (absent(x) || absent(y)) return Number(absent(x)) - Number(absent(y));
    return sort.down ? compare(y, x) : compare(x, y);
  });
}

export function ResultTable({ answer }: { answer: Answer }) {
  const { t } = useTranslation();
  const [shown, setShown] = useState(step);
  const [sort, setSort] = useState<Sort>();
  const fields = fieldColumns(answer);
  const rows = sorted(answer.rows, sort);
  const number = (at: number) => answer.columns[at]?.type === 'number';
  const turn = (at: number) =>
    setSort(
      sort?.at !== at
        ? { at, down: number(at) }
        : sort.down === number(at)
          ? { at, down: !sort.down }
          : undefined,
    );
  return (
    <>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region is reached by keyboard */}
      <section className={classes.frame} aria-label={t('hunt.table')} tabIndex={0}>
        <table className={classes.table}>
          <caption className="visually-hidden">{t('hunt.table')}</caption>
          <thead>
            <tr>
              {answer.columns.map((column, at) => (
                <th
                  key={column.name}
                  scope="col"
                  data-align={number(at) ? 'end' : undefined}
                  aria-sort={sort?.at === at ? (sort.down ? 'descending' : 'ascending') : undefined}
                >
                  <button type="button" onClick={() => turn(at)}>
                    <LogText text={column.name} />
                    <span aria-hidden="true">{sort?.at === at ? (sort.down ? '↓' : '↑') : ''}</span>
                  </button>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.slice(0, shown).map((row, index) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: rows of a table have no name of their own
              <tr key={index}>
                {answer.columns.map((column, at) => (
                  <td key={column.name} data-align={number(at) ? 'end' : undefined}>
                    <ResultCell
                      name={column.name}
                      type={column.type}
                      cell={row[at]}
                      field={fields.has(column.name)}
                    />
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </section>
      <LoadMore
        shown={Math.min(shown, rows.length)}
        total={rows.length}
        more={shown < rows.length}
        loading={false}
        onMore={() => setShown(shown + step)}
      />
      {answer.truncated && <p className={classes.note}>{t('hunt.truncated')}</p>}
      {sort && (
        <p className={classes.note}>
          <Button variant="subtle" data-size="compact" onClick={() => setSort(undefined)}>
            {t('hunt.unsort')}
          </Button>
        </p>
      )}
    </>
  );
}

type CellProps = { name: string; type: Answer['columns'][number]['type']; cell: Cell; field: boolean };

function ResultCell({ name, type, cell, field }: CellProps) {
  const { i18n } = useTranslation();
  const text = cellText(cell);
  const level = type === 'severity' ? levels.find((each) => each === text) : undefined;
  if (level) return <SeverityBadge severity={level as Severity} />;
  if (text === '') return <span className={classes.none}>–</span>;
  if (type === 'time') return <TimeText time={text} form="absolute" />;
  if (typeof cell === 'number') return formatNumber(cell, i18n.language, 3);
  if (field && pivots(name, cell)) return <PivotButton value={{ field: name, text, condition: true }} />;
  return <LogText text={text} />;
}
