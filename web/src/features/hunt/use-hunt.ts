// What the page asks: the answer at once, and what has to look at every event found (histogram, facets) behind it.
import {
  infiniteQueryOptions,
  keepPreviousData,
  type QueryClient,
  useInfiniteQuery,
  useQueryClient,
} from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import { ApiError, client, type Schemas } from '../../api/client';
import { api } from '../../api/hooks';
import { incompleteOf } from '../../api/incomplete';
import { fittingSpan, narrower } from './histogram-span';
import type { Answer } from './hunt-answer';
import { type HuntQuery, type HuntSearch, huntQuery } from './hunt-search';

const path = '/api/siem/search';

/** Only who is asked to wait tries again: a hunt that took too long would take as long once more. */
const retry = (count: number, error: unknown) =>
  count < 2 && error instanceof ApiError && error.status === 429;

const pagesOf = (query: HuntQuery) =>
  infiniteQueryOptions({
    queryKey: ['get', path, { params: { query } }],
    queryFn: async ({ pageParam, signal }) => {
      const { data } = await client.GET(path, { params: { query: { ...query, cursor: pageParam } }, signal });
      return data as Answer;
    },
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
  });

type Fixed = { key: string; at: number; query: HuntQuery };

/** A range is fixed at the moment it is asked. */
function fix({ q, range, from, to, now }: HuntSearch): Fixed {
  const at = Date.now();
  const asked = { q, range, from, to, now };
  return { key: JSON.stringify(asked), at, query: huntQuery(asked, at) };
}

/** Begins to ask, without waiting for the address and for what is drawn of it. */
function ask(queries: QueryClient, { query }: Fixed): void {
  if (query.q !== '') void queries.prefetchInfiniteQuery({ ...pagesOf(query), retry, staleTime: 0 });
}

/**
 * What is asked. ahead asks for a state before it is in the address; again asks for the present one once more, with its range counted
 * from now.
 */
export function useHuntQuery(search: HuntSearch) {
  const queries = useQueryClient();
  const { q, range, from, to, now: then } = search;
  const key = JSON.stringify({ q, range, from, to, now: then });
  const [fixed, setFixed] = useState(() => fix(search));
  const coming = useRef<Fixed>(undefined);
  const now = fixed.key === key ? fixed : coming.current?.key === key ? coming.current : fix(search);
  if (now !== fixed) setFixed(now);
  // biome-ignore lint/correctness/useExhaustiveDependencies: what was asked ahead counts for one visit only
  useEffect(() => {
    coming.current = undefined;
  }, [key]);
  return {
    query: now.query,
    at: now.at,
    ahead: (next: HuntSearch) => {
      const fresh = fix(next);
      if (fresh.key === key) return; // what is open, or a column: the same question
      coming.current = fresh;
      ask(queries, fresh);
    },
    again: () => {
      const next = fix(search);
      ask(queries, next);
      setFixed(next);
    },
  };
}

export function useHunt(query: HuntQuery) {
  const queries = useQueryClient();
  const enabled = query.q !== '';
  const list = useInfiniteQuery({ ...pagesOf(query), enabled, retry, placeholderData: keepPreviousData });
  const pages = list.data?.pages ?? [];
  return {
    ...list,
    first: enabled ? pages[0] : undefined,
    events: enabled ? pages.flatMap((page) => page.events ?? []) : [],
    incomplete: Math.max(0, ...pages.map(incompleteOf)),
    scanned: {
      rows: pages.reduce((sum, page) => sum + page.scanned.rows, 0),
      bytes: pages.reduce((sum, page) => sum + page.scanned.bytes, 0),
    },
    /** Whether it was ended before it had an answer. */
    stopped: enabled && list.fetchStatus === 'idle' && (list.isPending || list.isPlaceholderData),
    stop: () => void queries.cancelQueries({ queryKey: ['get', path] }),
  };
}
type Beside = { facets: Schemas['SearchFacet'][]; histogram: Schemas['SearchHistogram'] };
const beside = { limit: 1, histogram: 'severity' as const };
type Asked = { query: HuntQuery; at: number; fields: string[]; enabled: boolean };

/** The histogram once more, with bars that fit the time which has events. */
function useNarrower(query: HuntQuery, coarse: Schemas['SearchHistogram'] | undefined) {
  const narrow = coarse && narrower(coarse);
  const bounds = {
    from: new Date(narrow?.from ?? 0).toISOString(),
    to: new Date(narrow?.to ?? 0).toISOString(),
  };
  const again = api.useQuery(
    'get',
    path,
    { params: { query: { ...query, ...beside, ...bounds, span: narrow?.span } } },
    { enabled: narrow !== undefined, retry },
  );
  if (!narrow || again.isError) return coarse;
  return (again.data as (Answer & Partial<Beside>) | undefined)?.histogram;
}

/** Histogram and facets. Over all time the bars are days at first; where few have events, they are asked for again. */
export function useBeside({ query, at, fields, enabled }: Asked) {
  const span = query.from
    ? fittingSpan(Date.parse(query.from), query.to ? Date.parse(query.to) : at)
    : undefined;
  const all = api.useQuery(
    'get',
    path,
    { params: { query: { ...query, ...beside, span, facet: fields.join(',') } } },
    { enabled, retry, placeholderData: keepPreviousData },
  );
  const data = all.data as (Answer & Partial<Beside>) | undefined;
  const open = query.from || all.isPlaceholderData ? undefined : data?.histogram;
  const hours = useNarrower(query, open);
  const seconds = useNarrower(query, hours);
  return {
    facets: data?.facets,
    total: data && !all.isPlaceholderData ? data.total : null,
    histogram: query.from ? data?.histogram : seconds,
    failed: all.isError,
  };
}
