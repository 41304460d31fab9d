// The latest open anomalies: what the score is made of.
import { Link, useNavigate } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import type { Schemas } from '../../api/client';
import { api } from '../../api/hooks';
import { useMessage } from '../../i18n/message';
import { useTypeName } from '../../i18n/type-name';
import { useHeld } from '../../lib/use-held';
import { Chip } from '../../ui/chip';
import { type Column, DataTable } from '../../ui/data-table';
import { SeverityBadge } from '../../ui/severity';
import { ErrorState } from '../../ui/state';
import { TimeText } from '../../ui/time-text';
import classes from './section.module.css';

type Anomaly = Schemas['Anomaly'];

const refreshEvery = 15_000;

function useColumns(): Column<Anomaly>[] {
  const { t } = useTranslation();
  const message = useMessage();
  const typeName = useTypeName();
  return [
    {
      id: 'severity',
      header: t('siem.severity'),
      width: '112px',
      narrow: 'first',
      cell: (anomaly) => <SeverityBadge severity={anomaly.severity} />,
    },
    {
      id: 'type',
      header: t('siem.type'),
      width: '200px',
      cell: (anomaly) => (
        <Link
          to="/anomalies/$anomalyId"
          params={{ anomalyId: anomaly.id }}
          search={{}}
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
      cell: (anomaly) => message(anomaly.description),
    },
    {
      id: 'time',
      header: t('siem.time'),
      width: '112px',
      narrow: 'end',
      cell: (anomaly) => <TimeText time={anomaly.last_seen} form="relative" />,
    },
  ];
}

export function OpenAnomalies() {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const columns = useColumns();
  const { data, error, refetch } = api.useQuery(
    'get',
    '/api/siem/anomalies',
    { params: { query: { status: 'open', limit: 6 } } },
    { refetchInterval: refreshEvery },
  );
  const { value: anomalies, guard } = useHeld(data?.items);
  if (anomalies?.length === 0) return null;
  return (
    <section className={classes.section} aria-labelledby="open-anomalies" {...guard}>
      <div className={classes.head}>
        <h2 id="open-anomalies">{t('overview.openAnomaliesTitle')}</h2>
        <Link to="/anomalies" search={{}}>
          {t('overview.allAnomalies')}
        </Link>
      </div>
      {error && !anomalies ? (
        <div className={classes.surface}>
          <ErrorState title={t('anomalies.failed')} onRetry={() => void refetch()} />
        </div>
      ) : (
        <DataTable
          caption={t('overview.openAnomaliesTitle')}
          columns={columns}
          rows={anomalies ?? []}
          rowId={(anomaly) => anomaly.id}
          loading={anomalies === undefined}
          skeletons={3}
          onOpen={(anomaly) =>
            void navigate({ to: '/anomalies/$anomalyId', params: { anomalyId: anomaly.id }, search: {} })
          }
        />
      )}
    </section>
  );
}
