// The sources and the senders: what comes from each, and since when nothing has.
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { formatDuration } from '../../lib/format';
import { type Column, DataTable } from '../../ui/data-table';
import { LogText } from '../../ui/log-text';
import { ErrorState } from '../../ui/state';
import { useFlowColumns, useRejectedColumn } from './flow';
import classes from './inputs.module.css';
import { type Sending, type Source, useSenderList, useSourceList } from './use-inputs';

const day = 86_400;

export function SourceTable() {
  const { t, i18n } = useTranslation();
  const list = useSourceList();
  const flow = useFlowColumns<Source>((source) => source.name);
  const columns: Column<Source>[] = [
    {
      id: 'name',
      header: t('siem.source'),
      narrow: 'first',
      cell: (source) => (
        <Link to="/events" search={{ source: source.name }} className={classes.link}>
          <LogText text={source.name} />
        </Link>
      ),
    },
    {
      id: 'policy',
      header: t('inputs.kept'),
      width: '120px',
      narrow: 'hide',
      cell: (source) =>
        source.retention_days ? (
          formatDuration(source.retention_days * day, i18n.language)
        ) : (
          <span className={classes.none}>{t('inputs.noPolicy')}</span>
        ),
    },
    ...flow,
  ];
  if (list.error && !list.data) return <Failed onRetry={() => void list.refetch()} />;
  return (
    <DataTable
      caption={t('inputs.view.sources')}
      columns={columns}
      rows={list.data?.items ?? []}
      rowId={(source) => source.name}
      loading={list.isPending}
    />
  );
}

export function SenderTable() {
  const { t } = useTranslation();
  const list = useSenderList();
  const flow = useFlowColumns<Sending>((sender) => sender.name ?? sender.id);
  const columns: Column<Sending>[] = [
    {
      id: 'name',
      header: t('inputs.sender'),
      narrow: 'first',
      cell: (sender) => (
        <>
          <LogText text={sender.name ?? sender.id} />
          {sender.name && <span className={`${classes.type} mono`}>{sender.id}</span>}
        </>
      ),
    },
    ...flow.slice(0, 2),
    useRejectedColumn<Sending>(),
    ...flow.slice(2),
  ];
  if (list.error && !list.data) return <Failed onRetry={() => void list.refetch()} />;
  return (
    <DataTable
      caption={t('inputs.view.senders')}
      columns={columns}
      rows={list.data?.items ?? []}
      rowId={(sender) => sender.id}
      loading={list.isPending}
    />
  );
}

function Failed({ onRetry }: { onRetry: () => void }) {
  const { t } = useTranslation();
  return <ErrorState title={t('inputs.failed')} detail={t('common.failedText')} onRetry={onRetry} />;
}
