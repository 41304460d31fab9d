import { Button } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { Activity, CircleCheck, PanelRight } from 'lucide-react';
import type { RefObject } from 'react';
import { useTranslation } from 'react-i18next';
import { useMessage } from '../../i18n/message';
import { useTypeName } from '../../i18n/type-name';
import { formatPercent } from '../../lib/format';
import { Chip } from '../../ui/chip';
import { type Column, DataTable } from '../../ui/data-table';
import { IconButton } from '../../ui/icon-button';
import { LoadMore } from '../../ui/load-more';
import { SeverityBadge } from '../../ui/severity';
import { EmptyState, ErrorState } from '../../ui/state';
import { StatusBadge } from '../../ui/status';
import { TimeText } from '../../ui/time-text';
import type { AnomalySearch } from './anomaly-search';
import classes from './anomaly-table.module.css';
import type { Anomaly, useAnomalyList } from './use-anomalies';

type Props = {
  list: ReturnType<typeof useAnomalyList>;
  filtered: boolean;
  selectedId: string | undefined;
  tableRef: RefObject<HTMLTableElement | null>;
  search: AnomalySearch;
  mayManage: boolean;
  onOpen: (id: string) => void;
  onResolve: (id: string) => void;
};

function useColumns({ search, mayManage, onOpen, onResolve }: Props): Column<Anomaly>[] {
  const { t, i18n } = useTranslation();
  const message = useMessage();
  const typeName = useTypeName();
  return [
    {
      id: 'severity',
      header: t('siem.severity'),
      width: '114px',
      narrow: 'first',
      cell: (anomaly) => <SeverityBadge severity={anomaly.severity} />,
    },
    {
      id: 'type',
      header: t('siem.type'),
      width: '212px',
      cell: (anomaly) => (
        <Link
          to="/anomalies/$anomalyId"
          params={{ anomalyId: anomaly.id }}
          search={search}
          className={classes.link}
          data-row-link
        >
          <Chip>{typeName(anomaly.type)}</Chip>
        </Link>
      ),
    },
    {
      id: 'description',
      header: t('siem.description'),
      cell: (anomaly) => <span className={classes.description}>{message(anomaly.description)}</span>,
    },
    {
      id: 'confidence',
      header: t('siem.confidence'),
      width: '100px',
      align: 'end',
      wideOnly: true,
      narrow: 'hide',
      cell: (anomaly) => formatPercent(anomaly.confidence, i18n.language),
    },
    ...(search.status === 'all'
      ? [
          {
            id: 'status',
            header: t('common.status'),
            width: '110px',
            narrow: 'first',
            cell: (anomaly: Anomaly) => <StatusBadge status={anomaly.status} />,
          } as const,
        ]
      : []),
    {
      id: 'time',
      header: t('siem.time'),
      width: '124px',
      narrow: 'end',
      cell: (anomaly) => <TimeText time={anomaly.last_seen} form="relative" />,
    },
    {
      id: 'actions',
      header: t('common.actions'),
      width: '92px',
      wideOnly: true,
      cell: (anomaly) => (
        <span className={classes.actions}>
          {mayManage && anomaly.status === 'open' && (
            <IconButton label={t('siem.resolve')} shortcut="c" onClick={() => onResolve(anomaly.id)}>
              <CircleCheck size={16} strokeWidth={1.8} aria-hidden="true" />
            </IconButton>
          )}
          <IconButton label={t('siem.viewDetails')} shortcut="Enter" onClick={() => onOpen(anomaly.id)}>
            <PanelRight size={16} strokeWidth={1.8} aria-hidden="true" />
          </IconButton>
        </span>
      ),
    },
  ];
}

export function AnomalyTable(props: Props) {
  const { t } = useTranslation();
  const { list, filtered, selectedId, tableRef, onOpen } = props;
  const columns = useColumns(props);
  if (list.error && list.anomalies.length === 0) {
    return (
      <ErrorState
        title={t('anomalies.failed')}
        detail={t('common.failedText')}
        onRetry={() => void list.refetch()}
      />
    );
  }
  if (list.isSuccess && list.anomalies.length === 0) {
    return (
      <EmptyState
        icon={Activity}
        title={filtered ? t('anomalies.noneMatch') : t('anomalies.none')}
        actions={
          filtered && (
            <Button variant="default" renderRoot={(root) => <Link to="/anomalies" search={{}} {...root} />}>
              {t('common.clearFilters')}
            </Button>
          )
        }
      >
        {filtered ? t('anomalies.noneMatchText') : t('anomalies.noneText')}
      </EmptyState>
    );
  }
  return (
    <>
      <DataTable
        caption={t('siem.anomalies')}
        columns={columns}
        rows={list.anomalies}
        rowId={(anomaly) => anomaly.id}
        selectedId={selectedId}
        tableRef={tableRef}
        loading={list.isPending}
        dim={(anomaly) => anomaly.status === 'resolved'}
        onOpen={(anomaly) => onOpen(anomaly.id)}
      />
      {list.isSuccess && (
        <LoadMore
          shown={list.anomalies.length}
          total={list.total}
          more={list.hasNextPage}
          loading={list.isFetchingNextPage}
          onMore={() => void list.fetchNextPage()}
        />
      )}
    </>
  );
}
