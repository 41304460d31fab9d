// What the event page reads.
import { keepPreviousData } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import type { Schemas } from '../../api/client';
import { api } from '../../api/hooks';
import { incompleteOf } from '../../api/incomplete';
import { type EventSearch, eventQuery } from './event-search';

/** The parameters for the API; a range that counts back from now is fixed at the moment the filter is set. */
export function useEventQuery(search: EventSearch) {
  const { live: _live, tab: _tab, ...filters } = search;
  const key = JSON.stringify(filters);
  const [fixed, setFixed] = useState(() => ({ key, query: eventQuery(filters, Date.now()) }));
  useEffect(() => {
    setFixed((old) =>
      old.key === key ? old : { key, query: eventQuery(JSON.parse(key) as EventSearch, Date.now()) },
    );
  }, [key]);
  const refresh = () => setFixed({ key, query: eventQuery(filters, Date.now()) });
  return { query: fixed.query, refresh };
}

type Query = ReturnType<typeof eventQuery>;

export function useEventList(query: Query, enabled: boolean) {
  const list = api.useInfiniteQuery(
    'get',
    '/api/siem/logs',
    { params: { query: { ...query, limit: 100 } } },
    {
      enabled,
      pageParamName: 'cursor',
      initialPageParam: null,
      getNextPageParam: (page: Schemas['EventList']) => page.next ?? undefined,
      placeholderData: keepPreviousData,
    },
  );
  const events = list.data?.pages.flatMap((page) => page.items) ?? [];
  const incomplete = Math.max(0, ...(list.data?.pages ?? []).map(incompleteOf));
  return { ...list, events, total: list.data?.pages[0]?.total ?? null, incomplete };
}

/** Counts of everything by source and category, for the choices of the filters. */
export function useEventStatistics() {
  return api.useQuery('get', '/api/siem/statistics', {}, { staleTime: 60_000 }).data;
}
