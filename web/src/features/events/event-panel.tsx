// One event: its fields, its JSON, and what the source really sent, with every byte that could act escaped.
import { Skeleton, Tabs } from '@mantine/core';
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router';
import { Copy, ListFilter } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { ApiError } from '../../api/client';
import { type EventRecord, eventErased, eventFields, eventLevel, eventText } from '../../api/event';
import { api } from '../../api/hooks';
import { escapeBytes, safeJson } from '../../lib/hostile-text';
import { IconButton } from '../../ui/icon-button';
import { IncompleteNote } from '../../ui/incomplete-note';
import { LogText } from '../../ui/log-text';
import { SeverityBadge } from '../../ui/severity';
import { SidePanel } from '../../ui/side-panel';
import { ErrorState } from '../../ui/state';
import { TimeText } from '../../ui/time-text';
import { toastDone } from '../../ui/toast';
import classes from './event-panel.module.css';
import type { EventSearch } from './event-search';
import { ProofBadge } from './proof-badge';

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
  const setTab = (next: string | null) =>
    void navigate({
      to: '/events/$eventId',
      params: { eventId },
      search: { ...search, tab: next === 'fields' ? undefined : (next as EventSearch['tab']) },
      replace: true,
    });
  return (
    <SidePanel
      id={eventId}
      label={t('events.details')}
      onClose={() => void navigate({ to: '/events', search: list })}
      head={data ? <Head event={data} /> : <h2>{t('events.details')}</h2>}
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
      {!data && !error && (
        <div className={classes.waiting} aria-hidden="true">
          <Skeleton height={12} width="60%" />
          <Skeleton height={12} width="80%" />
          <Skeleton height={12} width="50%" />
        </div>
      )}
      {data && (
        <Tabs value={tab} onChange={setTab} keepMounted={false}>
          <Tabs.List className={classes.tabs}>
            <Tabs.Tab value="fields">{t('events.fields')}</Tabs.Tab>
            <Tabs.Tab value="json">JSON</Tabs.Tab>
            <Tabs.Tab value="raw">{t('events.raw')}</Tabs.Tab>
          </Tabs.List>
          <Tabs.Panel value="fields">
            <ProofBadge key={eventId} eventId={eventId} />
            <ErasedNote event={data} />
            <Fields event={data} />
          </Tabs.Panel>
          <Tabs.Panel value="json">
            <Source text={safeJson(data)} />
          </Tabs.Panel>
          <Tabs.Panel value="raw">
            <p className={classes.hint}>{data.raw ? t('events.rawText') : t('events.noRaw')}</p>
            <Source text={escapeBytes(eventText(data, 'raw') || eventText(data, 'message'))} />
          </Tabs.Panel>
        </Tabs>
      )}
    </SidePanel>
  );
}

function Head({ event }: { event: EventRecord }) {
  return (
    <>
      <div className={classes.badges}>
        <SeverityBadge severity={eventLevel(event)} />
        <span className={classes.time}>
          <TimeText time={eventText(event, 'time')} />
        </span>
      </div>
      <h2>
        <LogText text={eventText(event, 'message') || eventText(event, 'category')} />
      </h2>
    </>
  );
}

function ErasedNote({ event }: { event: EventRecord }) {
  const { t } = useTranslation();
  const erased = eventErased(event);
  return erased ? <p className={classes.hint}>{t(`events.erased.${erased}`)}</p> : null;
}

const filters: Record<string, keyof EventSearch> = {
  source: 'source',
  category: 'category',
  user: 'user',
  ip: 'ip',
  severity: 'level',
};

function Fields({ event }: { event: EventRecord }) {
  const { t } = useTranslation();
  return (
    <dl className={classes.fields}>
      {eventFields(event).map(({ name, value }) => {
        const filter = filters[name];
        const time = name === 'time' || name === 'received';
        return (
          <div key={name}>
            <dt className="mono">
              <LogText text={name} />
            </dt>
            <dd>
              <span className={classes.value}>
                {time ? <TimeText time={value} form="absolute" /> : <LogText text={value} mono />}
              </span>
              {filter && (
                <Link
                  to="/events"
                  search={{ [filter]: value }}
                  className={classes.pivot}
                  aria-label={t('events.only', { name })}
                  title={t('events.only', { name })}
                >
                  <ListFilter size={14} aria-hidden="true" />
                </Link>
              )}
            </dd>
          </div>
        );
      })}
    </dl>
  );
}

function Source({ text }: { text: string }) {
  const { t } = useTranslation();
  const copy = async () => {
    await navigator.clipboard?.writeText(text);
    toastDone(t('common.copied'));
  };
  return (
    <div className={classes.source}>
      <span className={classes.copy}>
        <IconButton label={t('common.copy')} onClick={() => void copy()}>
          <Copy size={15} aria-hidden="true" />
        </IconButton>
      </span>
      <pre>{text}</pre>
    </div>
  );
}
