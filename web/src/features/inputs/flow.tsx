// What comes in under one name: the last hour as a line, the rate, and when the latest came.
import { useTranslation } from 'react-i18next';
import { formatCompact, formatRate } from '../../lib/format';
import type { Column } from '../../ui/data-table';
import { Sparkline } from '../../ui/sparkline';
import { TimeText } from '../../ui/time-text';
import classes from './inputs.module.css';
import type { Flow } from './use-inputs';

export function RateCell({ flow, name }: { flow: Flow; name: string }) {
  const { t, i18n } = useTranslation();
  return (
    <span className={classes.rate}>
      <span className={classes.spark}>
        <Sparkline values={flow.minutes} label={t('inputs.lastHour', { name })} />
      </span>
      <span className="figures">
        {t('overview.perSecond', { rate: formatRate(flow.rate, i18n.language) })}
      </span>
    </span>
  );
}

export function LastCell({ flow }: { flow: Flow }) {
  const { t } = useTranslation();
  if (!flow.last_received) return <span className={classes.none}>{t('inputs.nothingYet')}</span>;
  return <TimeText time={flow.last_received} form="relative" />;
}

/** The columns that inputs, sources and senders have in common. */
export function useFlowColumns<T extends Flow>(nameOf: (row: T) => string): Column<T>[] {
  const { t, i18n } = useTranslation();
  return [
    {
      id: 'rate',
      header: t('inputs.rate'),
      width: '180px',
      narrow: 'line',
      cell: (row) => <RateCell flow={row} name={nameOf(row)} />,
    },
    {
      id: 'accepted',
      header: t('inputs.accepted'),
      width: '100px',
      align: 'end',
      wideOnly: true,
      narrow: 'hide',
      cell: (row) => <span className="figures">{formatCompact(row.accepted, i18n.language)}</span>,
    },
    {
      id: 'last',
      header: t('inputs.last'),
      width: '120px',
      narrow: 'end',
      cell: (row) => <LastCell flow={row} />,
    },
  ];
}

export function useRejectedColumn<T extends Flow>(): Column<T> {
  const { t, i18n } = useTranslation();
  return {
    id: 'rejected',
    header: t('inputs.rejected'),
    width: '88px',
    align: 'end',
    narrow: 'hide',
    cell: (row) => (
      <span className={row.rejected > 0 ? `${classes.bad} figures` : 'figures'}>
        {formatCompact(row.rejected, i18n.language)}
      </span>
    ),
  };
}
