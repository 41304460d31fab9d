import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { type EventRecord, eventLevel, eventText } from '../../api/event';
import type { Column } from '../../ui/data-table';
import { LogText } from '../../ui/log-text';
import { SeverityBadge } from '../../ui/severity';
import { TimeText } from '../../ui/time-text';
import classes from './event-columns.module.css';
import type { EventSearch } from './event-search';

/** Level, Source, Category, Message, Time. */
export function useEventColumns(search: EventSearch): Column<EventRecord>[] {
  const { t } = useTranslation();
  return [
    {
      id: 'level',
      header: t('siem.level'),
      width: '122px',
      narrow: 'first',
      cell: (event) => <SeverityBadge severity={eventLevel(event)} />,
    },
    {
      id: 'source',
      header: t('siem.source'),
      width: '128px',
      wideOnly: true,
      narrow: 'hide',
      cell: (event) => <LogText text={eventText(event, 'source')} />,
    },
    {
      id: 'category',
      header: t('siem.category'),
      width: '172px',
      wideOnly: true,
      narrow: 'first',
      cell: (event) => (
        <span className={classes.category}>
          <LogText text={eventText(event, 'category')} />
        </span>
      ),
    },
    {
      id: 'message',
      header: t('siem.message'),
      cell: (event) => (
        <Link
          to="/events/$eventId"
          params={{ eventId: eventText(event, 'id') }}
          search={search}
          className={classes.message}
          data-row-link
        >
          <LogText text={eventText(event, 'message') || eventText(event, 'category')} mono />
        </Link>
      ),
    },
    {
      id: 'time',
      header: t('siem.time'),
      width: '132px',
      narrow: 'end',
      cell: (event) => (
        <span className={classes.time}>
          <TimeText time={eventText(event, 'time')} form="clock" />
        </span>
      ),
    },
  ];
}
