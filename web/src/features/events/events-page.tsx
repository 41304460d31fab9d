// Everything that was recorded: searched, filtered, or watched as it comes in.
import { Button } from '@mantine/core';
import { getRouteApi, Outlet, useNavigate, useParams } from '@tanstack/react-router';
import { RefreshCw } from 'lucide-react';
import { useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { exportEvents, exportLimit } from '../../api/export';
import { formatNumber } from '../../lib/format';
import { useHotkeys } from '../../lib/keyboard-context';
import { CountBadge } from '../../ui/chip';
import { ExportMenu } from '../../ui/export-menu';
import { ListLayout } from '../../ui/list-layout';
import { TailButton } from '../../ui/live-tail';
import { Page } from '../../ui/page';
import { useRowKeys } from '../../ui/row-keys';
import { EventFilters } from './event-filters';
import { EventResults } from './event-results';
import type { EventSearch } from './event-search';
import { EventTail } from './event-tail';
import { useEventList, useEventQuery } from './use-events';

const route = getRouteApi('/in/events');

export function EventsPage() {
  const { t, i18n } = useTranslation();
  const search = route.useSearch();
  const navigate = useNavigate();
  const { eventId: selectedId } = useParams({ strict: false });
  const table = useRef<HTMLTableElement>(null);
  const live = search.live === true;
  const [paused, setPaused] = useState(false);
  const { query, refresh } = useEventQuery(search);
  const list = useEventList(query, !live);
  const set = (change: Partial<EventSearch>) =>
    void navigate({ to: '/events', search: { ...search, ...change } });
  const open = (id: string) => void navigate({ to: '/events/$eventId', params: { eventId: id }, search });
  const reload = () => {
    refresh();
    void list.refetch();
  };
  useRowKeys({ table, selectedId, onMove: open });
  useHotkeys(live ? { p: () => setPaused(!paused) } : { '.': reload });
  const showTotal = !live && list.total !== null && !list.isPlaceholderData;
  return (
    <ListLayout
      list={
        <Page
          title={t('siem.logs')}
          count={showTotal && <CountBadge count={formatNumber(list.total ?? 0, i18n.language)} />}
          actions={
            <>
              {!live && (
                <ExportMenu
                  of="events"
                  run={(format, signal, onRows) => exportEvents(query, format, signal, onRows)}
                  limit={exportLimit}
                  disabled={list.events.length === 0}
                  wrong={t('events.badFilter')}
                />
              )}
              {!live && (
                <Button
                  variant="default"
                  leftSection={<RefreshCw size={15} aria-hidden="true" />}
                  loading={list.isFetching && !list.isPending && !list.isFetchingNextPage}
                  onClick={reload}
                >
                  {t('common.refresh')}
                </Button>
              )}
              <TailButton live={live} onLive={(on) => set({ live: on || undefined })} />
            </>
          }
          below={<EventFilters search={search} onChange={set} />}
        >
          {live ? (
            <EventTail
              query={query}
              paused={paused}
              onPaused={setPaused}
              tableRef={table}
              search={search}
              selectedId={selectedId}
              onOpen={open}
            />
          ) : (
            <EventResults
              list={list}
              search={search}
              selectedId={selectedId}
              tableRef={table}
              onOpen={open}
              onChange={set}
            />
          )}
        </Page>
      }
      panel={<Outlet />}
    />
  );
}
