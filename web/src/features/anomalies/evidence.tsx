// The events an anomaly rests on, fetched by their ids.
import { Skeleton } from '@mantine/core';
import { useQueries } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { ApiError } from '../../api/client';
import { eventLevel, eventText } from '../../api/event';
import { api } from '../../api/hooks';
import { EventList } from '../../ui/event-list';
import { IncompleteNote } from '../../ui/incomplete-note';
import classes from './anomaly-panel.module.css';

const most = 24;

export function Evidence({ ids }: { ids: string[] }) {
  const { t } = useTranslation();
  const results = useQueries({
    queries: ids
      .slice(-most)
      .map((id) =>
        api.queryOptions('get', '/api/siem/logs/{id}', { params: { path: { id } } }, { staleTime: Infinity }),
      ),
  });
  if (ids.length === 0) return <p className={classes.aside}>{t('alerts.noEvents')}</p>;
  if (results.some((result) => result.isPending)) return <Skeleton height={84} aria-hidden="true" />;
  const events = results.flatMap(({ data }) =>
    data
      ? [
          {
            id: eventText(data, 'id'),
            time: eventText(data, 'time'),
            level: eventLevel(data),
            category: eventText(data, 'category'),
            message: eventText(data, 'message'),
          },
        ]
      : [],
  );
  const unread = results.filter(({ error }) => {
    const problem: unknown = error;
    return problem instanceof ApiError && problem.incomplete > 0;
  }).length;
  const lost = results.length - events.length - unread;
  return (
    <>
      {unread > 0 && <IncompleteNote text={t('alerts.incomplete', { count: unread })} />}
      <EventList events={events.sort((a, b) => a.time.localeCompare(b.time))} />
      {lost > 0 && <p className={classes.aside}>{t('anomalies.lostEvents', { count: lost })}</p>}
      {ids.length > most && <p className={classes.aside}>{t('anomalies.latestEvents', { count: most })}</p>}
    </>
  );
}
