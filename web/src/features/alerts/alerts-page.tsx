// The queue of alerts, worked with the keyboard or the mouse, and the open alert beside it.
import { useQueryClient } from '@tanstack/react-query';
import { getRouteApi, Outlet, useNavigate, useParams } from '@tanstack/react-router';
import { useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useMay } from '../../api/hooks';
import { clearWaiting } from '../../api/live';
import { formatNumber } from '../../lib/format';
import { useHotkeys } from '../../lib/keyboard-context';
import { CountBadge } from '../../ui/chip';
import { ListLayout } from '../../ui/list-layout';
import { NewItems, useLoadIntoEmpty } from '../../ui/new-items';
import { Page } from '../../ui/page';
import { currentRow, useRowKeys } from '../../ui/row-keys';
import { AlertFilters } from './alert-filters';
import { AlertTable } from './alert-table';
import { ResolveDialog } from './resolve-dialog';
import { useAlertList, useAlertWork, useWaitingAlerts } from './use-alerts';

const route = getRouteApi('/in/alerts');

export function AlertsPage() {
  const { t, i18n } = useTranslation();
  const search = route.useSearch();
  const navigate = useNavigate();
  const queries = useQueryClient();
  const { alertId: selectedId } = useParams({ strict: false });
  const table = useRef<HTMLTableElement>(null);
  const [resolving, setResolving] = useState<string>();
  const list = useAlertList(search);
  const waiting = useWaitingAlerts(search, list.alerts);
  const work = useAlertWork();
  const mayManage = useMay('security.manage');

  const open = (id: string) => void navigate({ to: '/alerts/$alertId', params: { alertId: id }, search });
  const find = (id: string | undefined) => list.alerts.find((alert) => alert.id === id);
  const current = () => find(currentRow(table.current, selectedId));
  const loadNew = () => {
    clearWaiting('newAlerts');
    void queries.resetQueries({ queryKey: ['get', '/api/siem/alerts'] });
  };
  useLoadIntoEmpty(list.isSuccess && list.alerts.length === 0 && waiting > 0, loadNew);
  useRowKeys({ table, selectedId, onMove: open });
  useHotkeys({
    e: () => {
      const alert = current();
      if (alert?.status === 'active' && mayManage) work.acknowledge(alert.id);
    },
    c: () => {
      const alert = current();
      if (alert && alert.status !== 'resolved' && mayManage) setResolving(alert.id);
    },
  });

  return (
    <ListLayout
      list={
        <Page
          title={t('siem.alerts')}
          count={list.total !== null && <CountBadge count={formatNumber(list.total, i18n.language)} />}
          below={<AlertFilters search={search} />}
        >
          <NewItems count={waiting} onLoad={loadNew} />
          <AlertTable
            list={list}
            filtered={Object.keys(search).length > 0}
            selectedId={selectedId}
            tableRef={table}
            search={search}
            mayManage={mayManage}
            onOpen={open}
            onAcknowledge={work.acknowledge}
            onResolve={setResolving}
          />
        </Page>
      }
      panel={
        <>
          <Outlet />
          <ResolveDialog id={resolving} onClose={() => setResolving(undefined)} />
        </>
      }
    />
  );
}
