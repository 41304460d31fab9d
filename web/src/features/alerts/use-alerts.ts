// What the alert pages read and do.
import { useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { ApiError, type Schemas } from '../../api/client';
import { api, dashboardQuery } from '../../api/hooks';
import { patchLists, useLive } from '../../api/live';
import { toastDone, toastFailed } from '../../ui/toast';
import type { AlertSearch } from './alert-search';

export type Alert = Schemas['Alert'];
export type Resolution = Schemas['AlertResolution'];

export function useAlertList(search: AlertSearch) {
  const { status, severity, rule } = search;
  const query = api.useInfiniteQuery(
    'get',
    '/api/siem/alerts',
    { params: { query: { status, severity, rule, limit: 100 } } },
    {
      pageParamName: 'cursor',
      initialPageParam: null,
      getNextPageParam: (page: Schemas['AlertList']) => page.next ?? undefined,
    },
  );
  const alerts = query.data?.pages.flatMap((page) => page.items) ?? [];
  const total = query.data?.pages[0]?.total ?? null;
  return { ...query, alerts, total };
}

/** How many alerts arrived that the shown list would hold. */
export function useWaitingAlerts(search: AlertSearch, shown: Alert[]): number {
  const { newAlerts } = useLive();
  const ids = new Set(shown.map((alert) => alert.id));
  return [...newAlerts.values()].filter(
    (alert) =>
      !ids.has(alert.id) &&
      (search.status ? alert.status === search.status : alert.status !== 'resolved') &&
      (!search.severity || alert.severity === search.severity) &&
      (!search.rule || alert.rule_id === search.rule),
  ).length;
}

function usePatch(): (alert: Alert) => void {
  const queries = useQueryClient();
  return (alert) => {
    patchLists(queries, '/api/siem/alerts', alert);
    void queries.invalidateQueries({ queryKey: ['get', '/api/siem/alerts/{id}'] });
    void queries.invalidateQueries({ queryKey: dashboardQuery().queryKey });
    if (alert.status === 'resolved')
      void queries.invalidateQueries({ queryKey: ['get', '/api/siem/anomalies'] });
  };
}

/** Takes an alert; resolves it with notes, a reason, and its anomalies. */
export function useAlertWork() {
  const { t } = useTranslation();
  const patch = usePatch();
  const acknowledge = api.useMutation('post', '/api/siem/alerts/{id}/acknowledge');
  const resolve = api.useMutation('post', '/api/siem/alerts/{id}/resolve');
  const why = (error: unknown, text: string) => {
    if (error instanceof ApiError && error.status === 409) return t('alerts.alreadyResolved');
    if (error instanceof ApiError && error.status === 403) return t('common.mayNot');
    return text;
  };
  return {
    busy: acknowledge.isPending || resolve.isPending,
    acknowledge: (id: string) =>
      acknowledge.mutate(
        { params: { path: { id } } },
        {
          onSuccess: (alert) => {
            patch(alert);
            toastDone(t('siem.alertAcknowledged'));
          },
          onError: (error) => toastFailed(why(error, t('siem.alertAcknowledgeFailed'))),
        },
      ),
    resolve: (id: string, body: Resolution, done: () => void) =>
      resolve.mutate(
        { params: { path: { id } }, body },
        {
          onSuccess: (alert) => {
            patch(alert);
            toastDone(t('siem.alertResolved'));
            done();
          },
          onError: (error) => toastFailed(why(error, t('siem.alertResolveFailed'))),
        },
      ),
  };
}
