// Of a shared link: the moment from which the relative times of its hunt count, and the way back to now.
import { Button } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { TimeText } from '../../ui/time-text';
import classes from './hunt-page.module.css';

export function FixedNow({ now, onNow }: { now: string; onNow: () => void }) {
  const { t } = useTranslation();
  return (
    <span className={classes.now}>
      {t('hunt.now.fixed')} <TimeText time={now} form="absolute" />
      <Button variant="subtle" data-size="compact" onClick={onNow}>
        {t('hunt.now.again')}
      </Button>
    </span>
  );
}
