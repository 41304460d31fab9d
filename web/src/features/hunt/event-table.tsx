// The events found, newest first; the open one is in the URL.
import { Link } from '@tanstack/react-router';
import type { RefObject } from 'react';
import { useTranslation } from 'react-i18next';
import { type EventRecord, eventLevel, eventText, eventTitle } from '../../api/event';
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

export function EventTable({ caption, names, events, search, loading, tableRef, onOpen }: Props) {
  const { t } = useTranslation();
  const { tab: _tab, ...kept } = search;
  // every row has one link, in the widest column that is a text
  const linked = names.includes('message') ? 'message' : names[0];
  const header = (name: string) =>
    name in headers ? t(`siem.${headers[name as keyof typeof headers]}`) : name;
  const columns = names.map((name): Column<EventRecord> => {
    const link = (event: EventRecord) => (
      <Link
        to="/hunt"
        search={{ ...kept, row: eventText(event, 'id') }}
        className={classes.message}
        data-row-link
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
      </Link>
    );
    const narrow =
      name === 'time' ? 'end' : name === 'severity' ? 'first' : name === linked ? 'line' : ('hide' as const);
    return {
      id: name,
      header: header(name),
      narrow,
      ...(widths[name] ? { width: widths[name] } : name === 'message' ? {} : { width: '140px' }),
      wideOnly: name !== linked && name !== 'time' && name !== 'severity',
      cell: name === linked ? link : (event) => <Cell name={name} event={event} />,
    };
  });
  return (
    <DataTable
      caption={caption}
      columns={columns}
      rows={events}
      rowId={(event) => eventText(event, 'id')}
      selectedId={search.row}
      tableRef={tableRef}
      dense
      loading={loading}
      onOpen={(event) => onOpen(eventText(event, 'id'))}
    />
  );
}

function Cell({ name, event }: { name: string; event: EventRecord }) {
  if (name === 'severity') return <SeverityBadge severity={eventLevel(event)} />;
  const value = fieldOf(event, name);
  const text = cellText(value);
  if (name === 'time' || name === 'received')
    return (
      <span className={classes.quiet}>
        <TimeText time={text} form="clock" />
      </span>
    );
  if (!pivots(name, value)) return <LogText text={text} />;
  const time = eventText(event, 'time');
  return <PivotButton pointerOnly value={{ field: name, text, condition: true, time }} />;
}
