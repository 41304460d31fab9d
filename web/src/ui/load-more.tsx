// The end of a page of rows: how many of how many are shown, and the next ones.
import { Button } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import classes from './load-more.module.css';

type Props = { shown: number; total: number | null; more: boolean; loading: boolean; onMore: () => void };

export function LoadMore({ shown, total, more, loading, onMore }: Props) {
  const { t } = useTranslation();
  return (
    <div className={classes.end}>
      <span role="status">
        {total === null ? t('common.shown', { count: shown }) : t('common.shownOf', { shown, count: total })}
      </span>
      {more && (
        <Button variant="default" data-size="compact" loading={loading} onClick={onMore}>
          {t('common.more')}
        </Button>
      )}
    </div>
  );
}
