import { Button } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { BellOff, CircleCheck, PanelRight, UserCheck } from 'lucide-react';
import type { RefObject } from 'react';
import { useTranslation } from 'react-i18next';
import { useMessage } from '../../i18n/message';
import { formatNumber } from '../../lib/format';
import { type Column, DataTable } from '../../ui/data-table';
import { EntityText } from '../../ui/entity';
import { IconButton } from '../../ui/icon-button';
import { LoadMore } from '../../ui/load-more';
import { SeverityBadge } from '../../ui/severity';
import { EmptyState, ErrorState } from '../../ui/state';
import { StatusBadge } from '../../ui/status';
import { TimeText } from '../../ui/time-text';
import type { AlertSearch } from './alert-search';
import classes from './alert-table.module.css';
import type { Alert, useAlertList } from './use-alerts';

type Props = {
  list: ReturnType<typeof useAlertList>;
  filtered: boolean;
  selectedId: string | undefined;
  tableRef: RefObject<HTMLTableElement | null>;
  search: AlertSearch;
  mayManage: boolean;
  onOpen: (id: string) => void;
  onAcknowledge: (id: string) => void;
  onResolve: (id: string) => void;
};

function Actions({ alert, mayManage, onOpen, onAcknowledge, onResolve }: { alert: Alert } & Props) {
  const { t } = useTranslation();
  return (
    <span className={classes.actions}>
      {mayManage && alert.status === 'active' && (
        <IconButton label={t('siem.acknowledge')} shortcut="e" onClick={() => onAcknowledge(alert.id)}>
          <UserCheck size={16} strokeWidth={1.8} aria-hidden="true" />
        </IconButton>
      )}
      {mayManage && alert.status !== 'resolved' && (
        <IconButton label={t('siem.resolve')} shortcut="c" onClick={() => onResolve(alert.id)}>
          <CircleCheck size={16} strokeWidth={1.8} aria-hidden="true" />
        </IconButton>
      )}
      <IconButton label={t('siem.viewDetails')} shortcut="Enter" onClick={() => onOpen(alert.id)}>
        <PanelRight size={16} strokeWidth={1.8} aria-hidden="true" />
      </IconButton>
    </span>
  );
}

function useColumns(props: Props): Column<Alert>[] {
  const { t, i18n } = useTranslation();
  const message = useMessage();
  return [
    {
      id: 'severity',
      header: t('siem.severity'),
      width: '114px',
      narrow: 'first',
      cell: (alert) => <SeverityBadge severity={alert.severity} />,
    },
    {
      id: 'title',
      header: t('common.title'),
      width: props.selectedId ? undefined : '23%',
      cell: (alert) => (
        <Link
          to="/alerts/$alertId"
          params={{ alertId: alert.id }}
          search={props.search}
          className={classes.title}
          data-row-link
        >
          {message(alert.title)}
        </Link>
      ),
    },
    {
      id: 'description',
      header: t('siem.description'),
      wideOnly: true,
      cell: (alert) => <span className={classes.description}>{message(alert.description)}</span>,
    },
    {
      id: 'entity',
      header: t('common.entity'),
      width: '150px',
      wideOnly: true,
      narrow: 'hide',
      cell: (alert) => <EntityText entity={alert.entity} />,
    },
    {
      id: 'count',
      header: t('siem.logs'),
      width: '100px',
      align: 'end',
      wideOnly: true,
      narrow: 'hide',
      cell: (alert) => formatNumber(alert.count, i18n.language),
    },
    {
      id: 'status',
      header: t('common.status'),
      width: '124px',
      narrow: 'first',
      cell: (alert) => <StatusBadge status={alert.status} />,
    },
    {
      id: 'time',
      header: t('siem.time'),
      width: '124px',
      narrow: 'end',
      cell: (alert) => <TimeText time={alert.last_seen} form="relative" />,
    },
    {
      id: 'actions',
      header: t('common.actions'),
      width: '124px',
      wideOnly: true,
      cell: (alert) => <Actions alert={alert} {...props} />,
    },
  ];
}

export function AlertTable(props: Props) {
  const { t } = useTranslation();
  const { list, filtered, selectedId, tableRef, onOpen } = props;
  const columns = useColumns(props);
  if (list.error && list.alerts.length === 0) {
    return (
      <ErrorState
        title={t('alerts.failed')}
        detail={t('common.failedText')}
        onRetry={() => void list.refetch()}
      />
    );
  }
  if (list.isSuccess && list.alerts.length === 0) {
    return (
      <EmptyState
        icon={BellOff}
        title={filtered ? t('alerts.noneMatch') : t('alerts.none')}
        actions={
          filtered && (
            <Button variant="default" renderRoot={(root) => <Link to="/alerts" search={{}} {...root} />}>
              {t('common.clearFilters')}
            </Button>
          )
        }
      >
        {filtered ? t('alerts.noneMatchText') : t('alerts.noneText')}
      </EmptyState>
    );
  }
  return (
    <>
      <DataTable
        caption={t('siem.alerts')}
        columns={columns}
        rows={list.alerts}
        rowId={(alert) => alert.id}
        selectedId={selectedId}
        tableRef={tableRef}
        loading={list.isPending}
        dim={(alert) => alert.status === 'resolved'}
        onOpen={(alert) => onOpen(alert.id)}
      />
      {list.isSuccess && (
        <LoadMore
          shown={list.alerts.length}
          total={list.total}
          more={list.hasNextPage}
          loading={list.isFetchingNextPage}
          onMore={() => void list.fetchNextPage()}
        />
      )}
    </>
  );
}
