// How things stand, on one page; every number leads to the list behind it.
import { Button } from '@mantine/core';
import { RefreshCw, ShieldCheck } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { api } from '../../api/hooks';
import { Page } from '../../ui/page';
import { ErrorState } from '../../ui/state';
import { ActivityLists } from './activity-lists';
import { OpenAnomalies } from './open-anomalies';
import classes from './overview-page.module.css';
import { Posture } from './posture';
import { RecentAlerts } from './recent-alerts';
import { useVerify } from './use-verify';

export function OverviewPage() {
  const { t } = useTranslation();
  const { data, error, isFetching, refetch } = api.useQuery('get', '/api/siem/dashboard', {});
  const { verify, verifying } = useVerify();
  return (
    <Page
      title={t('siem.title')}
      actions={
        <>
          <Button
            variant="default"
            leftSection={<RefreshCw size={15} aria-hidden="true" />}
            loading={isFetching && data !== undefined}
            onClick={() => void refetch()}
          >
            {t('common.refresh')}
          </Button>
          <Button
            variant="default"
            leftSection={<ShieldCheck size={15} aria-hidden="true" />}
            loading={verifying}
            onClick={verify}
          >
            {t('siem.verifyIntegrity')}
          </Button>
        </>
      }
    >
      {error && !data ? (
        <ErrorState
          title={t('overview.failed')}
          detail={t('common.failedText')}
          onRetry={() => void refetch()}
        />
      ) : (
        <div className={classes.grid}>
          <Posture dashboard={data} />
          <div className={classes.column}>
            <RecentAlerts alerts={data?.recent_alerts} />
            <OpenAnomalies />
          </div>
          <ActivityLists dashboard={data} />
        </div>
      )}
    </Page>
  );
}
