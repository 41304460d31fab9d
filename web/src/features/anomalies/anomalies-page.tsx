// The anomalies: what one rule found about one entity; and the open one beside the list.
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
import { AnomalyFilters } from './anomaly-filters';
import { AnomalyTable } from './anomaly-table';
import { ResolveDialog } from './resolve-dialog';
import { useAnomalyList, useWaitingAnomalies } from './use-anomalies';

const route = getRouteApi('/in/anomalies');

export function AnomaliesPage() {
  const { t, i18n } = useTranslation();
  const search = route.useSearch();
  const navigate = useNavigate();
  const queries = useQueryClient();
  const { anomalyId: selectedId } = useParams({ strict: false });
  const table = useRef<HTMLTableElement>(null);
  const [resolving, setResolving] = useState<string>();
  const list = useAnomalyList(search);
  const waiting = useWaitingAnomalies(search, list.anomalies);
  const mayManage = useMay('security.manage');
  const open = (id: string) =>
    void navigate({ to: '/anomalies/$anomalyId', params: { anomalyId: id }, search });
  const loadNew = () => {
    clearWaiting('newAnomalies');
    void queries.resetQueries({ queryKey: ['get', '/api/siem/anomalies'] });
  };
  useLoadIntoEmpty(list.isSuccess && list.anomalies.length === 0 && waiting > 0, loadNew);
  useRowKeys({ table, selectedId, onMove: open });
  useHotkeys({
    c: () => {
      const id = currentRow(table.current, selectedId);
      if (mayManage && list.anomalies.find((anomaly) => anomaly.id === id)?.status === 'open')
        setResolving(id);
    },
  });
  return (
    <ListLayout
      list={
        <Page
          title={t('siem.anomalies')}
          count={list.total !== null && <CountBadge count={formatNumber(list.total, i18n.language)} />}
          below={<AnomalyFilters search={search} />}
        >
          <NewItems count={waiting} onLoad={loadNew} />
          <AnomalyTable
            list={list}
            filtered={Object.keys(search).length > 0}
            selectedId={selectedId}
            tableRef={table}
            search={search}
            mayManage={mayManage}
            onOpen={open}
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
