import { Button } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { SearchX } from 'lucide-react';
import type { RefObject } from 'react';
import { useTranslation } from 'react-i18next';
import { ApiError } from '../../api/client';
import { eventText } from '../../api/event';
import { DataTable } from '../../ui/data-table';
import { FirstEvent } from '../../ui/first-event';
import { IncompleteNote } from '../../ui/incomplete-note';
import { LoadMore } from '../../ui/load-more';
import { EmptyState, ErrorState } from '../../ui/state';
import { useEventColumns } from './event-columns';
import type { EventSearch } from './event-search';
import type { useEventList } from './use-events';

type Props = {
  list: ReturnType<typeof useEventList>;
  search: EventSearch;
  selectedId: string | undefined;
  tableRef: RefObject<HTMLTableElement | null>;
  onOpen: (id: string) => void;
  onChange: (change: Partial<EventSearch>) => void;
};

function NoEvents({ search, onChange }: Pick<Props, 'search' | 'onChange'>) {
  const { t } = useTranslation();
  const { tab: _tab, live: _live, ...filters } = search;
  if (!Object.values(filters).some(Boolean)) {
    return (
      <EmptyState title={t('events.none')}>
        <p>{t('first.text')}</p>
        <FirstEvent />
      </EmptyState>
    );
  }
  const timed = search.range || search.from || search.to;
  return (
    <EmptyState
      icon={SearchX}
      title={t('events.noneMatch')}
      actions={
        <>
          {timed && (
            <Button
              variant="default"
              onClick={() => onChange({ range: undefined, from: undefined, to: undefined })}
            >
              {t('events.widen')}
            </Button>
          )}
          <Button variant="default" renderRoot={(root) => <Link to="/events" search={{}} {...root} />}>
            {t('common.clearFilters')}
          </Button>
        </>
      }
    >
      {timed ? t('events.noneInTime') : t('events.noneMatchText')}
    </EmptyState>
  );
}

export function EventResults({ list, search, selectedId, tableRef, onOpen, onChange }: Props) {
  const { t } = useTranslation();
  const columns = useEventColumns(search);
  if (list.error && list.events.length === 0) {
    const error = list.error as unknown;
    const wrong = error instanceof ApiError && error.status === 400;
    return (
      <ErrorState
        title={wrong ? t('events.badFilter') : t('events.failed')}
        detail={wrong ? error.message : t('common.failedText')}
        onRetry={() => void list.refetch()}
      />
    );
  }
  const note = list.incomplete > 0 && (
    <IncompleteNote text={t('events.incomplete', { count: list.incomplete })} />
  );
  if (list.isSuccess && list.events.length === 0)
    return (
      <>
        {note}
        <NoEvents search={search} onChange={onChange} />
      </>
    );
  return (
    <>
      {note}
      <DataTable
        caption={t('siem.logs')}
        columns={columns}
        rows={list.events}
        rowId={(event) => eventText(event, 'id')}
        selectedId={selectedId}
        tableRef={tableRef}
        dense
        loading={list.isPending}
        onOpen={(event) => onOpen(eventText(event, 'id'))}
      />
      {list.isSuccess && (
        <LoadMore
          shown={list.events.length}
          total={list.total}
          more={list.hasNextPage}
          loading={list.isFetchingNextPage}
          onMore={() => void list.fetchNextPage()}
        />
      )}
    </>
  );
}
