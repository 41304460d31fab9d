// The latest alerts that nobody has resolved yet.
import { Link, useNavigate } from '@tanstack/react-router';
import { BellOff } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import type { Schemas } from '../../api/client';
import { useMessage } from '../../i18n/message';
import { useHeld } from '../../lib/use-held';
import { type Column, DataTable } from '../../ui/data-table';
import { EntityText } from '../../ui/entity';
import { SeverityBadge } from '../../ui/severity';
import { EmptyState } from '../../ui/state';
import { StatusBadge } from '../../ui/status';
import { TimeText } from '../../ui/time-text';
import classes from './section.module.css';

type Alert = Schemas['Alert'];

function useColumns(): Column<Alert>[] {
  const { t } = useTranslation();
  const message = useMessage();
  return [
    {
      id: 'severity',
      header: t('siem.severity'),
      width: '112px',
      narrow: 'first',
      cell: (alert) => <SeverityBadge severity={alert.severity} />,
    },
    {
      id: 'title',
      header: t('common.title'),
      cell: (alert) => (
        <Link
          to="/alerts/$alertId"
          params={{ alertId: alert.id }}
          search={{}}
          className={classes.link}
          data-row-link
        >
          {message(alert.title)}
        </Link>
      ),
    },
    {
      id: 'entity',
      header: t('common.entity'),
      width: '190px',
      cell: (alert) => <EntityText entity={alert.entity} />,
    },
    {
      id: 'status',
      header: t('common.status'),
      width: '132px',
      narrow: 'hide',
      wideOnly: true,
      cell: (alert) => <StatusBadge status={alert.status} />,
    },
    {
      id: 'time',
      header: t('siem.time'),
      width: '112px',
      narrow: 'end',
      cell: (alert) => <TimeText time={alert.last_seen} form="relative" />,
    },
  ];
}

export function RecentAlerts({ alerts: latest }: { alerts: Alert[] | undefined }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const columns = useColumns();
  const { value: alerts, guard } = useHeld(latest);
  return (
    <section className={classes.section} aria-labelledby="recent-alerts" {...guard}>
      <div className={classes.head}>
        <h2 id="recent-alerts">{t('overview.recentAlerts')}</h2>
        <Link to="/alerts" search={{}}>
          {t('overview.allAlerts')}
        </Link>
      </div>
      {alerts?.length === 0 ? (
        <div className={classes.surface}>
          <EmptyState icon={BellOff} title={t('overview.quiet')}>
            {t('overview.quietText')}
          </EmptyState>
        </div>
      ) : (
        <DataTable
          caption={t('overview.recentAlerts')}
          columns={columns}
          rows={alerts ?? []}
          rowId={(alert) => alert.id}
          loading={alerts === undefined}
          skeletons={4}
          onOpen={(alert) =>
            void navigate({ to: '/alerts/$alertId', params: { alertId: alert.id }, search: {} })
          }
        />
      )}
    </section>
  );
}
