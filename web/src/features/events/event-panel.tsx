// One event of the list, beside it.
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router';
import { ListFilter } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { ApiError } from '../../api/client';
import { eventErased, eventFields, eventLevel, eventRaw, eventText, eventTitle } from '../../api/event';
import { api } from '../../api/hooks';
import { proveEvent } from '../../api/proof';
import { EventHead, EventView, EventWaiting } from '../../ui/event-view';
import { IncompleteNote } from '../../ui/incomplete-note';
import { ProofBadge } from '../../ui/proof-badge';
import { SidePanel } from '../../ui/side-panel';
import { ErrorState } from '../../ui/state';
import classes from './event-panel.module.css';
import type { EventSearch } from './event-search';

const route = getRouteApi('/in/events/$eventId');

export function EventPanel() {
  const { t } = useTranslation();
  const { eventId } = route.useParams();
  const search = route.useSearch();
  const navigate = useNavigate();
  const { data, error, refetch } = api.useQuery(
    'get',
    '/api/siem/logs/{id}',
    { params: { path: { id: eventId } } },
    { staleTime: Infinity },
  );
  const missing = error instanceof ApiError && error.status === 404;
  const { tab = 'fields', ...list } = search;
  const setTab = (next: typeof tab) =>
    void navigate({
      to: '/events/$eventId',
      params: { eventId },
      search: { ...search, tab: next === 'fields' ? undefined : next },
      replace: true,
    });
  return (
    <SidePanel
      id={eventId}
      label={t('events.details')}
      onClose={() => void navigate({ to: '/events', search: list })}
      head={
        data ? (
          <EventHead severity={eventLevel(data)} time={eventText(data, 'time')} title={eventTitle(data)} />
        ) : (
          <h2>{t('events.details')}</h2>
        )
      }
    >
      {missing && error.incomplete > 0 && (
        <IncompleteNote inset text={t('events.goneIncomplete', { count: error.incomplete })} />
      )}
      {error && !data && (
        <ErrorState
          title={missing ? t('events.gone') : t('events.panelFailed')}
          detail={missing ? t('events.goneText') : t('common.failedText')}
          onRetry={missing ? undefined : () => void refetch()}
        />
      )}
      {!data && !error && <EventWaiting />}
      {data && (
        <EventView
          event={data}
          fields={eventFields(data)}
          erased={eventErased(data)}
          raw={eventRaw(data)}
          tab={tab}
          onTab={setTab}
          proof={<ProofBadge key={eventId} eventId={eventId} prove={proveEvent} />}
          action={(name, value) => <Only name={name} value={value} />}
        />
      )}
    </SidePanel>
  );
}

const filters: Record<string, keyof EventSearch> = {
  source: 'source',
  category: 'category',
  user: 'user',
  ip: 'ip',
  severity: 'level',
};

function Only({ name, value }: { name: string; value: string }) {
  const { t } = useTranslation();
  const filter = filters[name];
  if (!filter) return null;
  return (
    <Link
      to="/events"
      search={{ [filter]: value }}
      className={classes.pivot}
      aria-label={t('events.only', { name })}
      title={t('events.only', { name })}
    >
      <ListFilter size={14} aria-hidden="true" />
    </Link>
  );
}
