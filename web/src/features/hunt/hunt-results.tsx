// What a hunt found: events with their histogram and facets, or the table that its stages made.
import { Button } from '@mantine/core';
import { useElementSize } from '@mantine/hooks';
import { SearchX } from 'lucide-react';
import { type RefObject, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { eventFields } from '../../api/event';
import { formatBytes, formatDuration } from '../../lib/format';
import { useFirstRows } from '../../lib/use-first-rows';
import { useStable } from '../../lib/use-stable';
import { IncompleteNote } from '../../ui/incomplete-note';
import { LoadMore } from '../../ui/load-more';
import { EmptyState } from '../../ui/state';
import { ColumnsMenu } from './columns-menu';
import { EventTable } from './event-table';
import { Explain } from './explain';
import { Facets } from './facets';
import { Histogram } from './histogram';
import { type Answer, chartOf } from './hunt-answer';
import classes from './hunt-results.module.css';
import { type HuntQuery, type HuntSearch, shownColumns, standard } from './hunt-search';
import { ResultTable } from './result-table';
import { TimeChart } from './time-chart';
import { useBeside, type useHunt } from './use-hunt';

type Props = {
  hunt: ReturnType<typeof useHunt>;
  query: HuntQuery;
  at: number;
  search: HuntSearch;
  tableRef: RefObject<HTMLTableElement | null>;
  onChange: (change: Partial<HuntSearch>) => void;
  onCondition: (field: string, value: string, not: boolean) => void;
};

const counted = ['severity', 'source', 'category', 'user', 'ip', 'host', 'outcome', 'action'];
const wideFrom = 780;
const step = 100;

const iso = (time: number) => new Date(time).toISOString();

export function HuntResults(props: Props) {
  const { hunt, onChange } = props;
  const { t } = useTranslation();
  const { first } = hunt;
  const zoom = useStable((from: number, to: number) =>
    onChange({ range: undefined, from: iso(from), to: iso(Math.max(to, from + 1000)) }),
  );
  if (first && !first.events) {
    const chart = chartOf(first);
    return (
      <div data-stale={hunt.isPlaceholderData || undefined} className={classes.results}>
        <Notes incomplete={hunt.incomplete} />
        {chart && <TimeChart chart={chart} onZoom={zoom} />}
        {first.rows.length > 0 ? (
          // a new answer begins unsorted, at its top
          <ResultTable key={hunt.dataUpdatedAt} answer={first} />
        ) : (
          <Nothing {...props} />
        )}
        <Footer answer={first} scanned={hunt.scanned} />
        <span className="visually-hidden" role="status">
          {t('hunt.rows', { count: first.rows.length })}
        </span>
      </div>
    );
  }
  return <EventResults {...props} zoom={zoom} />;
}

function Notes({ incomplete }: { incomplete: number }) {
  const { t } = useTranslation();
  return incomplete > 0 ? <IncompleteNote text={t('events.incomplete', { count: incomplete })} /> : null;
}

function EventResults(props: Props & { zoom: (from: number, to: number) => void }) {
  const { hunt, query, at, search, tableRef, onChange, onCondition, zoom } = props;
  const { t } = useTranslation();
  const { ref, width } = useElementSize();
  const [chosen, setChosen] = useState<boolean>();
  const openRow = useStable((row: string) => onChange({ row }));
  const wide = width === 0 || width >= wideFrom;
  const open = chosen ?? wide;
  const names = shownColumns(search, hunt.first);
  const fields = [...new Set([...counted, ...names.filter((name) => !standard.includes(name))])].slice(0, 16);
  const [{ of, most }, setMost] = useState({ of: hunt.first, most: step });
  // with stages an answer may have ten thousand events
  const events = hunt.events.slice(0, of === hunt.first ? most : step);
  const more = () => {
    setMost({ of: hunt.first, most: events.length + step });
    if (events.length === hunt.events.length) void hunt.fetchNextPage();
  };
  const ready = hunt.isSuccess && !hunt.isPlaceholderData;
  const { shown, whole } = useFirstRows(events, hunt.first);
  // what looks at everything waits until the first rows are on the screen
  const beside = useBeside({ query, at, fields, enabled: ready && whole && hunt.events.length > 0 });
  const known = () => [
    ...new Set([
      ...standard,
      ...hunt.events.slice(0, 100).flatMap((event) => eventFields(event).map(({ name }) => name)),
    ]),
  ];
  const total = hunt.first?.total ?? beside.total ?? null;
  const empty = ready && hunt.events.length === 0;
  if (empty)
    return (
      <div className={classes.results}>
        <Notes incomplete={hunt.incomplete} />
        <Nothing {...props} />
        {hunt.first && <Footer answer={hunt.first} scanned={hunt.scanned} />}
      </div>
    );
  return (
    <div ref={ref} data-stale={hunt.isPlaceholderData || undefined} className={classes.results}>
      <Notes incomplete={hunt.incomplete} />
      {beside.failed ? (
        <p className={classes.note}>{t('hunt.besideFailed')}</p>
      ) : (
        <Histogram histogram={beside.histogram} query={query} at={at} onZoom={zoom} />
      )}
      <div className={classes.split} data-wide={(wide && open) || undefined}>
        {!beside.failed && (
          <Facets facets={beside.facets} open={open} onOpen={setChosen} onCondition={onCondition} />
        )}
        <div className={classes.main}>
          <div className={classes.tools}>
            <span role="status">{total !== null && ready ? t('hunt.found', { count: total }) : ''}</span>
            <ColumnsMenu
              shown={names}
              known={known}
              onColumns={(next) => onChange({ columns: next?.join(',') })}
            />
          </div>
          <EventTable
            caption={t('hunt.events')}
            names={names}
            events={shown}
            search={search}
            loading={hunt.isPending}
            tableRef={tableRef}
            onOpen={openRow}
          />
          {hunt.isSuccess && (
            <LoadMore
              shown={events.length}
              total={total}
              more={events.length < hunt.events.length || hunt.hasNextPage}
              loading={hunt.isFetchingNextPage}
              onMore={more}
            />
          )}
          {hunt.first && <Footer answer={hunt.first} scanned={hunt.scanned} />}
        </div>
      </div>
    </div>
  );
}

function Nothing({ hunt, search, onChange }: Props) {
  const { t } = useTranslation();
  const timed = search.range || search.from || search.to;
  return (
    <EmptyState
      icon={SearchX}
      title={hunt.first?.events ? t('events.noneMatch') : t('hunt.noRows')}
      actions={
        timed && (
          <Button
            variant="default"
            onClick={() => onChange({ range: undefined, from: undefined, to: undefined })}
          >
            {t('events.widen')}
          </Button>
        )
      }
    >
      {timed ? t('events.noneInTime') : t('hunt.nothing')}
    </EmptyState>
  );
}

type FooterProps = { answer: Answer; scanned: { rows: number; bytes: number } };

/** What it cost, and how it was understood. */
function Footer({ answer, scanned }: FooterProps) {
  const { t, i18n } = useTranslation();
  return (
    <footer className={classes.footer}>
      <span className="figures">
        {t('hunt.cost', {
          count: scanned.rows,
          bytes: formatBytes(scanned.bytes, i18n.language),
          time: formatDuration(answer.took_ms / 1000, i18n.language),
        })}
      </span>
      <Explain answer={answer} />
    </footer>
  );
}
