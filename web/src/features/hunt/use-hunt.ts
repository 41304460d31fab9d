// What the page asks: the answer at once, and what has to look at every event found (histogram, facets) behind it.
import { keepPreviousData, useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { ApiError, type Schemas } from '../../api/client';
import { api } from '../../api/hooks';
import { incompleteOf } from '../../api/incomplete';
import { fittingSpan, narrower } from './histogram-span';
import type { Answer } from './hunt-answer';
import { type HuntQuery, type HuntSearch, huntQuery } from './hunt-search';

const path = '/api/siem/search';

/** Only who is asked to wait tries again: a hunt that took too long would take as long once more. */
const retry = (count: number, error: unknown) =>
  count < 2 && error instanceof ApiError && error.status === 429;

/** What is asked, with a range fixed at the moment it was chosen; again fixes it anew. */
export function useHuntQuery({ q, range, from, to }: HuntSearch) {
  const key = JSON.stringify({ q, range, from, to });
  const fix = () => {
    const at = Date.now();
    return { key, at, query: huntQuery(JSON.parse(key) as HuntSearch, at) };
  };
  const [fixed, setFixed] = useState(fix);
  // biome-ignore lint/correctness/useExhaustiveDependencies: fix reads nothing but the key
  useEffect(() => setFixed((old) => (old.key === key ? old : fix())), [key]);
  return { query: fixed.query, at: fixed.at, again: () => setFixed(fix()) };
}

export function useHunt(query: HuntQuery) {
  const queries = useQueryClient();
  const enabled = query.q !== '';
  const init = { params: { query } };
  const list = api.useInfiniteQuery('get', path, init, {
    enabled,
    retry,
    pageParamName: 'cursor',
    initialPageParam: null,
    getNextPageParam: (page: Answer) => page.next ?? undefined,
    placeholderData: keepPreviousData,
  });
  const pages = list.data?.pages ?? [];
  return {
    ...list,
    first: enabled ? pages[0] : undefined,
    events: enabled ? pages.flatMap((page) => page.events ?? []) : [],
    incomplete: Math.max(0, ...pages.map(incompleteOf)),
    scanned: pages.reduce((sum, page) => sum + page.scanned.rows, 0),
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
