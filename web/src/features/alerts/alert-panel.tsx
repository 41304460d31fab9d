// One alert: what happened, why it fired, the events that made it, and what people did about it.

import { Button, Skeleton } from '@mantine/core';
import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { CircleCheck, Link2, UserCheck } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { ApiError, type Schemas } from '../../api/client';
import { eventLevel, eventText } from '../../api/event';
import { api, useMay } from '../../api/hooks';
import { incompleteOf } from '../../api/incomplete';
import { useMessage } from '../../i18n/message';
import { copyAndSay } from '../../ui/copy';
import { EntityText } from '../../ui/entity';
import { EventList } from '../../ui/event-list';
import { IconButton } from '../../ui/icon-button';
import { IncompleteNote } from '../../ui/incomplete-note';
import { SeverityBadge } from '../../ui/severity';
import { Facts, PanelSection, SidePanel } from '../../ui/side-panel';
import { ErrorState } from '../../ui/state';
import { StatusBadge } from '../../ui/status';
import { TimeText } from '../../ui/time-text';
import classes from './alert-panel.module.css';
import { FindingText } from './finding-text';
import { History } from './history';
import { RelatedAnomalies } from './related-anomalies';
import { ResolveDialog } from './resolve-dialog';
import { useAlertWork } from './use-alerts';

const route = getRouteApi('/in/alerts/$alertId');

export function AlertPanel() {
  const { t } = useTranslation();
  const { alertId } = route.useParams();
  const search = route.useSearch();
  const navigate = useNavigate();
  const { data, error, refetch } = api.useQuery('get', '/api/siem/alerts/{id}', {
    params: { path: { id: alertId } },
  });
  const close = () => void navigate({ to: '/alerts', search });
  const missing = error instanceof ApiError && error.status === 404;
  return (
    <SidePanel
      id={alertId}
      label={t('siem.alertDetails')}
      onClose={close}
      head={data ? <Head alert={data.alert} /> : <h2>{t('siem.alertDetails')}</h2>}
      footer={data && <Footer alert={data.alert} />}
    >
      {error && !data && (
        <ErrorState
          title={missing ? t('alerts.gone') : t('alerts.panelFailed')}
          detail={missing ? t('alerts.goneText') : t('common.failedText')}
          onRetry={missing ? undefined : () => void refetch()}
        />
      )}
      {!data && !error && <Waiting />}
      {data && <Body detail={data} />}
    </SidePanel>
  );
}

function Waiting() {
  return (
    <div className={classes.waiting} aria-hidden="true">
      <Skeleton height={12} width="70%" />
      <Skeleton height={12} width="50%" />
      <Skeleton height={120} />
      <Skeleton height={12} width="60%" />
    </div>
  );
}

function Head({ alert }: { alert: Schemas['Alert'] }) {
  const message = useMessage();
  return (
    <>
      <div className={classes.badges}>
        <SeverityBadge severity={alert.severity} />
        <StatusBadge status={alert.status} />
      </div>
      <h2>{message(alert.title)}</h2>
    </>
  );
}

function Body({ detail }: { detail: Schemas['AlertDetail'] }) {
  const { t } = useTranslation();
  const message = useMessage();
  const { alert, findings, anomalies, events } = detail;
  const unread = incompleteOf(detail);
  const lines = events.map((event) => ({
    id: eventText(event, 'id'),
    time: eventText(event, 'time'),
    level: eventLevel(event),
    category: eventText(event, 'category'),
    message: eventText(event, 'message'),
  }));
  return (
    <>
      <PanelSection title={t('alerts.what')}>
        <p className={classes.description}>{message(alert.description)}</p>
        <Facts
          items={[
            { name: t('common.entity'), value: <EntityText entity={alert.entity} link /> },
            { name: t('alerts.first'), value: <TimeText time={alert.first_seen} /> },
            { name: t('alerts.last'), value: <TimeText time={alert.last_seen} /> },
            { name: t('alerts.assignee'), value: alert.assignee || t('alerts.nobody') },
          ]}
        />
      </PanelSection>
      {findings.length > 0 && (
        <PanelSection title={t('alerts.why')}>
          {findings.slice(0, 3).map((finding) => (
            <FindingText key={finding.id} finding={finding} />
          ))}
        </PanelSection>
      )}
      <PanelSection
        title={t('alerts.events')}
        aside={<span className={classes.aside}>{t('unit.event', { count: alert.count })}</span>}
      >
        {unread > 0 && <IncompleteNote text={t('alerts.incomplete', { count: unread })} />}
        {lines.length > 0 ? (
          <EventList events={lines} />
        ) : (
          unread === 0 && <p className={classes.none}>{t('alerts.noEvents')}</p>
        )}
      </PanelSection>
      <RelatedAnomalies anomalies={anomalies} />
      <History alert={alert} />
    </>
  );
}

function Footer({ alert }: { alert: Schemas['Alert'] }) {
  const { t } = useTranslation();
  const work = useAlertWork();
  const mayManage = useMay('security.manage');
  const [resolving, setResolving] = useState(false);
  const copy = async () => {
    await copyAndSay(`${location.origin}/alerts/${encodeURIComponent(alert.id)}`, t('common.linkCopied'));
  };
  const open = alert.status !== 'resolved';
  return (
    <>
      {mayManage && alert.status === 'active' && (
        <Button
          leftSection={<UserCheck size={15} aria-hidden="true" />}
          loading={work.busy}
          onClick={() => work.acknowledge(alert.id)}
        >
          {t('siem.acknowledge')}
        </Button>
      )}
      {mayManage && open && (
        <Button
          variant={alert.status === 'active' ? 'default' : 'filled'}
          leftSection={<CircleCheck size={15} aria-hidden="true" />}
          onClick={() => setResolving(true)}
        >
          {t('siem.resolve')}
        </Button>
      )}
      {!mayManage && open && <span className={classes.none}>{t('common.mayNot')}</span>}
      <span className={classes.push}>
        <IconButton label={t('common.copyLink')} onClick={() => void copy()}>
          <Link2 size={16} aria-hidden="true" />
        </IconButton>
      </span>
      <ResolveDialog id={resolving ? alert.id : undefined} onClose={() => setResolving(false)} />
    </>
  );
}
