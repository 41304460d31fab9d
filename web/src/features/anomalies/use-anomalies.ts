// What the anomaly pages read and do.
import { useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { ApiError, type Schemas } from '../../api/client';
import { api, dashboardQuery } from '../../api/hooks';
import { patchLists, useLive } from '../../api/live';
import { toastDone, toastFailed } from '../../ui/toast';
import type { AnomalySearch } from './anomaly-search';

export type Anomaly = Schemas['Anomaly'];

function apiStatus(status: AnomalySearch['status']): Schemas['AnomalyStatus'] | undefined {
  return status === 'all' ? undefined : (status ?? 'open');
}

export function useAnomalyList(search: AnomalySearch) {
  const { severity, type } = search;
  const query = api.useInfiniteQuery(
    'get',
    '/api/siem/anomalies',
    { params: { query: { status: apiStatus(search.status), severity, type, limit: 100 } } },
    {
      pageParamName: 'cursor',
      initialPageParam: null,
      getNextPageParam: (page: Schemas['AnomalyList']) => page.next ?? undefined,
    },
  );
  const anomalies = query.data?.pages.flatMap((page) => page.items) ?? [];
  return { ...query, anomalies, total: query.data?.pages[0]?.total ?? null };
}

/** How many anomalies arrived that the shown list would hold. */
export function useWaitingAnomalies(search: AnomalySearch, shown: Anomaly[]): number {
  const { newAnomalies } = useLive();
  if (search.status === 'resolved') return 0;
  const ids = new Set(shown.map((anomaly) => anomaly.id));
  return [...newAnomalies.values()].filter(
    (anomaly) =>
      !ids.has(anomaly.id) &&
      (!search.severity || anomaly.severity === search.severity) &&
      (!search.type || anomaly.type === search.type),
  ).length;
}

export function useResolveAnomaly() {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const resolve = api.useMutation('post', '/api/siem/anomalies/{id}/resolve');
  return {
    busy: resolve.isPending,
    resolve: (id: string, notes: string, done: () => void) =>
      resolve.mutate(
        { params: { path: { id } }, body: { notes } },
        {
          onSuccess: (anomaly) => {
            patchLists(queries, '/api/siem/anomalies', anomaly);
            void queries.invalidateQueries({ queryKey: ['get', '/api/siem/anomalies/{id}'] });
            void queries.invalidateQueries({ queryKey: dashboardQuery().queryKey });
            toastDone(t('siem.anomalyResolved'));
            done();
          },
          onError: (error) => {
            const status = error instanceof ApiError ? error.status : 0;
            if (status === 409) toastFailed(t('anomalies.alreadyResolved'));
            else if (status === 403) toastFailed(t('common.mayNot'));
            else toastFailed(t('siem.anomalyResolveFailed'));
          },
        },
      ),
  };
}
