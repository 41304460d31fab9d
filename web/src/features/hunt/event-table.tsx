// The events found, newest first; the open one is in the URL.
import { type MouseEvent, memo, type RefObject, useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { type EventRecord, eventLevel, eventText, eventTitle } from '../../api/event';
import { formatSearch } from '../../lib/url-state';
import { useStable } from '../../lib/use-stable';
import { type Column, DataTable } from '../../ui/data-table';
import { LogText } from '../../ui/log-text';
import { SeverityBadge } from '../../ui/severity';
import { TimeText } from '../../ui/time-text';
import classes from './event-table.module.css';
import { cellText, fieldOf, pivots } from './hunt-answer';
import type { HuntSearch } from './hunt-search';
import { PivotButton } from './pivot';

type Props = {
  caption: string;
  names: string[];
  events: EventRecord[];
  search: HuntSearch;
  loading: boolean;
  tableRef: RefObject<HTMLTableElement | null>;
  onOpen: (id: string) => void;
};

const widths: Record<string, string> = {
  time: '132px',
  received: '132px',
  severity: '116px',
  source: '124px',
  category: '156px',
  ip: '142px',
  user: '122px',
};
const headers = {
  time: 'time',
  severity: 'severity',
  source: 'source',
  category: 'category',
  message: 'message',
} as const;

const idOf = (event: EventRecord) => eventText(event, 'id');

/** The same columns until something about them changes, so that rows that are drawn stay as they are. */
function useColumns(names: string[], search: HuntSearch, onOpen: (id: string) => void) {
  const { t } = useTranslation();
  const list = names.join('\n');
  const { tab: _tab, row: _row, ...kept } = search;
  const address = formatSearch(kept);
  const open = useStable(onOpen);
  return useMemo(() => {
    const shown = list.split('\n');
    // every row has one link, in the widest column that is a text
    const linked = shown.includes('message') ? 'message' : shown[0];
    const header = (name: string) =>
      name in headers ? t(`siem.${headers[name as keyof typeof headers]}`) : name;
    return shown.map(
      (name): Column<EventRecord> => ({
        id: name,
        header: header(name),
        narrow: name === 'time' ? 'end' : name === 'severity' ? 'first' : name === linked ? 'line' : 'hide',
        ...(widths[name] ? { width: widths[name] } : name === 'message' ? {} : { width: '140px' }),
        wideOnly: name !== linked && name !== 'time' && name !== 'severity',
        cell: (event) =>
          name === linked ? (
            <RowLink name={name} event={event} address={address} onOpen={open} />
          ) : (
            <Cell name={name} event={event} />
          ),
      }),
    );
  }, [list, address, t, open]);
}

export const EventTable = memo(function EventTable(props: Props) {
  const { caption, names, events, search, loading, tableRef, onOpen } = props;
  const columns = useColumns(names, search, onOpen);
  return (
    <DataTable
      caption={caption}
      columns={columns}
      rows={events}
      rowId={idOf}
      selectedId={search.row}
      tableRef={tableRef}
      dense
      loading={loading}
      onOpen={(event) => onOpen(idOf(event))}
    />
  );
});

type LinkProps = { name: string; event: EventRecord; address: string; onOpen: (id: string) => void };

/** A plain link: a hundred of the router's would each follow every change of the address. */
function RowLink({ name, event, address, onOpen }: LinkProps) {
  const id = idOf(event);
  const onClick = (click: MouseEvent) => {
    if (click.button !== 0 || click.metaKey || click.ctrlKey || click.shiftKey || click.altKey) return;
    click.preventDefault();
    onOpen(id);
  };
  return (
    <a
      href={`/hunt${address}${address ? '&' : '?'}row=${encodeURIComponent(id)}`}
      className={classes.message}
      data-row-link
      onClick={onClick}
    >
      {name === 'time' ? (
        <TimeText time={eventText(event, 'time')} form="clock" />
      ) : (
        <LogText
          text={
            name === 'message'
              ? eventTitle(event)
              : cellText(fieldOf(event, name)) || eventText(event, 'time')
          }
          mono
        />
      )}
    </a>
  );
}

function Cell({ name, event }: { name: string; event: EventRecord }) {
  const value = fieldOf(event, name);
  const text = cellText(value);
  if (name === 'time' || name === 'received')
    return (
      <span className={classes.quiet}>
        <TimeText time={text} form="clock" />
      </span>
    );
  if (name === 'severity' && !pivots(name, value)) return <SeverityBadge severity={eventLevel(event)} />;
  if (!pivots(name, value)) return <LogText text={text} />;
  const time = eventText(event, 'time');
  return (
    <PivotButton pointerOnly value={{ field: name, text, condition: true, time }}>
      {name === 'severity' && <SeverityBadge severity={eventLevel(event)} />}
    </PivotButton>
  );
}
