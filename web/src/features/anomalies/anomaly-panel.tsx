// One anomaly: what was found about whom, and the events it rests on.

import { Button, Skeleton } from '@mantine/core';
import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { CircleCheck, Link2 } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { ApiError } from '../../api/client';
import { api, useMay } from '../../api/hooks';
import { useMessage } from '../../i18n/message';
import { useTypeName } from '../../i18n/type-name';
import { formatPercent } from '../../lib/format';
import { Chip } from '../../ui/chip';
import { copyAndSay } from '../../ui/copy';
import { EntityText } from '../../ui/entity';
import { IconButton } from '../../ui/icon-button';
import { LogText } from '../../ui/log-text';
import { SeverityBadge } from '../../ui/severity';
import { Facts, PanelSection, SidePanel } from '../../ui/side-panel';
import { ErrorState } from '../../ui/state';
import { StatusBadge } from '../../ui/status';
import { TimeText } from '../../ui/time-text';
import classes from './anomaly-panel.module.css';
import { Evidence } from './evidence';
import { ResolveDialog } from './resolve-dialog';
import type { Anomaly } from './use-anomalies';

const route = getRouteApi('/in/anomalies/$anomalyId');

export function AnomalyPanel() {
  const { t } = useTranslation();
  const { anomalyId } = route.useParams();
  const search = route.useSearch();
  const navigate = useNavigate();
  const typeName = useTypeName();
  const { data, error, refetch } = api.useQuery('get', '/api/siem/anomalies/{id}', {
    params: { path: { id: anomalyId } },
  });
  const missing = error instanceof ApiError && error.status === 404;
  return (
    <SidePanel
      id={anomalyId}
      label={t('siem.anomalyDetails')}
      onClose={() => void navigate({ to: '/anomalies', search })}
      head={
        data ? (
          <>
            <div className={classes.badges}>
              <SeverityBadge severity={data.severity} />
              <StatusBadge status={data.status} />
            </div>
            <h2>{typeName(data.type)}</h2>
          </>
        ) : (
          <h2>{t('siem.anomalyDetails')}</h2>
        )
      }
      footer={data && <Footer anomaly={data} />}
    >
      {error && !data && (
        <ErrorState
          title={missing ? t('anomalies.gone') : t('anomalies.panelFailed')}
          detail={missing ? t('anomalies.goneText') : t('common.failedText')}
          onRetry={missing ? undefined : () => void refetch()}
        />
      )}
      {!data && !error && (
        <div className={classes.waiting} aria-hidden="true">
          <Skeleton height={12} width="70%" />
          <Skeleton height={12} width="50%" />
          <Skeleton height={120} />
        </div>
      )}
      {data && <Body anomaly={data} />}
    </SidePanel>
  );
}

function Body({ anomaly }: { anomaly: Anomaly }) {
  const { t, i18n } = useTranslation();
  const message = useMessage();
  return (
    <>
      <PanelSection title={t('alerts.what')}>
        <p className={classes.description}>{message(anomaly.description)}</p>
        <Facts
          items={[
            { name: t('common.entity'), value: <EntityText entity={anomaly.entity} link /> },
            { name: t('siem.confidence'), value: formatPercent(anomaly.confidence, i18n.language) },
            { name: t('alerts.first'), value: <TimeText time={anomaly.first_seen} /> },
            { name: t('alerts.last'), value: <TimeText time={anomaly.last_seen} /> },
            ...(anomaly.techniques.length > 0
              ? [
                  {
                    name: t('why.techniques'),
                    value: (
                      <span className={classes.chips}>
                        {anomaly.techniques.map((technique) => (
                          <Chip key={technique} mono>
                            {technique}
                          </Chip>
                        ))}
                      </span>
                    ),
                  },
                ]
              : []),
          ]}
        />
      </PanelSection>
      <PanelSection
        title={t('alerts.events')}
        aside={<span className={classes.aside}>{t('unit.event', { count: anomaly.count })}</span>}
      >
        <Evidence ids={anomaly.evidence} />
      </PanelSection>
      {anomaly.resolved_at && (
        <PanelSection title={t('history.title')}>
          <p>
            <strong>{anomaly.resolved_by}</strong> {t('history.resolved')} ·{' '}
            <TimeText time={anomaly.resolved_at} />
          </p>
          {anomaly.notes && (
            <p className={classes.note}>
              <LogText text={anomaly.notes} />
            </p>
          )}
        </PanelSection>
      )}
    </>
  );
}

function Footer({ anomaly }: { anomaly: Anomaly }) {
  const { t } = useTranslation();
  const mayManage = useMay('security.manage');
  const [resolving, setResolving] = useState(false);
  const copy = async () => {
    await copyAndSay(
      `${location.origin}/anomalies/${encodeURIComponent(anomaly.id)}`,
      t('common.linkCopied'),
    );
  };
  const open = anomaly.status === 'open';
  return (
    <>
      {mayManage && open && (
        <Button leftSection={<CircleCheck size={15} aria-hidden="true" />} onClick={() => setResolving(true)}>
          {t('siem.resolve')}
        </Button>
      )}
      {!mayManage && open && <span className={classes.aside}>{t('common.mayNot')}</span>}
      <span className={classes.push}>
        <IconButton label={t('common.copyLink')} onClick={() => void copy()}>
          <Link2 size={16} aria-hidden="true" />
        </IconButton>
      </span>
      <ResolveDialog id={resolving ? anomaly.id : undefined} onClose={() => setResolving(false)} />
    </>
  );
}
