// The instrument panel: threat score, open anomalies by severity, alerts, ingest and integrity.
import { Skeleton } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { Schemas } from '../../api/client';
import { useLive } from '../../api/live';
import { formatCompact, formatDuration, formatNumber, formatRate } from '../../lib/format';
import { Gauge } from '../../ui/gauge';
import { Sparkline } from '../../ui/sparkline';
import { IntegrityStat } from './integrity-stat';
import classes from './posture.module.css';
import { Stat } from './stat';

const severities = ['critical', 'high', 'medium', 'low'] as const;

export function Posture({ dashboard }: { dashboard: Schemas['Dashboard'] | undefined }) {
  const { t } = useTranslation();
  return (
    <section className={classes.posture} aria-label={t('overview.posture')} aria-busy={!dashboard}>
      <div className={classes.score}>
        <h2 className={classes.title}>{t('siem.threatScore')}</h2>
        {dashboard ? (
          <Gauge score={dashboard.threat_score} level={dashboard.threat_level} />
        ) : (
          <Skeleton height={130} width={240} mx="auto" />
        )}
        <p className={classes.note}>{t('overview.scoreNote')}</p>
      </div>
      <div className={classes.stats}>
        {severities.map((severity) => (
          <Stat
            key={severity}
            severity={severity}
            label={t(`siem.${severity}Anomalies`)}
            value={dashboard && <AnomalyCount count={dashboard.anomalies[severity]} />}
            note={t('overview.openNow')}
            link={{ to: '/anomalies', search: { severity } }}
          />
        ))}
        <Operations dashboard={dashboard} />
      </div>
    </section>
  );
}

function AnomalyCount({ count }: { count: number }) {
  const { i18n } = useTranslation();
  return <>{formatCompact(count, i18n.language)}</>;
}

function Operations({ dashboard }: { dashboard: Schemas['Dashboard'] | undefined }) {
  const { t, i18n } = useTranslation();
  const { rates } = useLive();
  const language = i18n.language;
  const ingest = dashboard?.ingest;
  return (
    <>
      <Stat
        label={t('overview.activeAlerts')}
        value={dashboard && formatCompact(dashboard.alerts.active, language)}
        note={dashboard ? t('overview.acknowledgedToo', { count: dashboard.alerts.acknowledged }) : undefined}
        link={{ to: '/alerts', search: { status: 'active' } }}
      />
      <Stat
        label={t('overview.rate')}
        value={ingest && t('overview.perSecond', { rate: formatRate(ingest.rate, language) })}
        note={ingest ? t('overview.accepted', { count: ingest.accepted }) : undefined}
        link={{ to: '/events', search: { range: '15m' } }}
      >
        {rates.length > 2 && <Sparkline values={rates} label={t('overview.rateTrend')} />}
      </Stat>
      <Stat
        label={t('overview.lag')}
        value={ingest && formatDuration(ingest.lag, language)}
        note={ingest ? t('overview.dropped', { count: ingest.dropped }) : undefined}
        bad={(ingest?.dropped ?? 0) > 0 || (ingest?.lag ?? 0) > 60}
        link={{ to: '/events', search: { live: true } }}
      />
      <IntegrityStat
        integrity={dashboard?.integrity}
        formatCount={(count) => formatNumber(count, language)}
      />
    </>
  );
}
