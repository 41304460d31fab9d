// The events behind something, in few lines: when, how bad, what was said.
import { Button } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import classes from './event-list.module.css';
import { LogText } from './log-text';
import { type Severity, SeverityGlyph } from './severity';
import { TimeText } from './time-text';

export type EventLine = { id: string; time: string; level: Severity; category: string; message: string };

const few = 8;

export function EventList({ events }: { events: EventLine[] }) {
  const { t } = useTranslation();
  const [all, setAll] = useState(false);
  const shown = all ? events : events.slice(0, few);
  return (
    <>
      <ol className={classes.list}>
        {shown.map((event) => (
          <li key={event.id}>
            <span className={classes.time}>
              <TimeText time={event.time} form="clock" />
            </span>
            <SeverityGlyph severity={event.level} size={12} />
            <span className="visually-hidden">{t(`severity.${event.level}`)}</span>
            <Link to="/events/$eventId" params={{ eventId: event.id }} search={{}} className={classes.text}>
              <LogText text={event.message || event.category} mono />
            </Link>
          </li>
        ))}
      </ol>
      {events.length > few && (
        <Button variant="subtle" data-size="compact" mt={6} onClick={() => setAll(!all)} aria-expanded={all}>
          {all ? t('common.showFewer') : t('common.showAll', { count: events.length })}
        </Button>
      )}
    </>
  );
}
