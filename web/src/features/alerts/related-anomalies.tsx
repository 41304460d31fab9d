import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import type { Schemas } from '../../api/client';
import { useTypeName } from '../../i18n/type-name';
import { SeverityBadge } from '../../ui/severity';
import { PanelSection } from '../../ui/side-panel';
import { StatusBadge } from '../../ui/status';
import { TimeText } from '../../ui/time-text';
import classes from './related-anomalies.module.css';

/** The anomalies that an alert was raised for. */
export function RelatedAnomalies({ anomalies }: { anomalies: Schemas['Anomaly'][] }) {
  const { t } = useTranslation();
  const typeName = useTypeName();
  if (anomalies.length === 0) return null;
  return (
    <PanelSection title={t('siem.anomalies')}>
      <ul className={classes.list}>
        {anomalies.map((anomaly) => (
          <li key={anomaly.id}>
            <SeverityBadge severity={anomaly.severity} />
            <Link
              to="/anomalies/$anomalyId"
              params={{ anomalyId: anomaly.id }}
              search={anomaly.status === 'open' ? {} : { status: 'all' }}
              className={classes.link}
            >
              {typeName(anomaly.type)}
            </Link>
            <StatusBadge status={anomaly.status} />
            <span className={classes.time}>
              <TimeText time={anomaly.last_seen} form="relative" />
            </span>
          </li>
        ))}
      </ul>
    </PanelSection>
  );
}
