// Whether what is recorded is still as it was recorded, and when that was last checked.
import { Skeleton } from '@mantine/core';
import { ShieldAlert, ShieldCheck, ShieldQuestion } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import type { Schemas } from '../../api/client';
import { usePreferences } from '../../lib/preferences';
import { formatClock } from '../../lib/time';
import { useNow } from '../../lib/use-now';
import classes from './stat.module.css';

type Integrity = Schemas['Integrity'];

const tones: Record<Integrity['status'], 'good' | 'bad' | 'unknown'> = {
  VALID: 'good',
  WITNESSED: 'good',
  UNANCHORED: 'good',
  UNCHECKED: 'unknown',
  INVALID: 'bad',
  DIVERGED: 'bad',
};
const icons = { good: ShieldCheck, bad: ShieldAlert, unknown: ShieldQuestion };

type Props = { integrity: Integrity | undefined; formatCount: (count: number) => string };

export function IntegrityStat({ integrity, formatCount }: Props) {
  const { t, i18n } = useTranslation();
  const { zone } = usePreferences();
  const now = useNow();
  const tone = integrity ? tones[integrity.status] : 'unknown';
  const Icon = icons[tone];
  return (
    <div className={classes.stat} data-plain>
      <span className={classes.label}>{t('overview.integrity')}</span>
      {integrity ? (
        <>
          <span className={classes.value} data-size="word" data-tone={tone}>
            <Icon size={20} strokeWidth={1.8} aria-hidden="true" />
            {t(`integrity.${integrity.status}`)}
          </span>
          <span className={classes.note} data-bad={tone === 'bad' || undefined}>
            {integrity.checked_at
              ? t(integrity.status === 'UNANCHORED' ? 'integrity.checkedAlone' : 'integrity.checked', {
                  verified: formatCount(integrity.verified),
                  total: formatCount(integrity.total),
                  time: formatClock(integrity.checked_at, i18n.language, zone, now),
                })
              : t('integrity.never')}
          </span>
          <Known integrity={integrity} />
        </>
      ) : (
        <Skeleton height={22} width={90} my={5} />
      )}
    </div>
  );
}

/** What is known to be missing, apart from whether what is there is right. */
function Known({ integrity: { completeness, checkpoint, unreadable } }: { integrity: Integrity }) {
  const { t, i18n } = useTranslation();
  const { zone } = usePreferences();
  const now = useNow();
  const gaps: [string, number][] = completeness
    ? [
        [t('integrity.gone', { count: completeness.gone }), completeness.gone],
        [t('integrity.lost', { count: completeness.lost }), completeness.lost],
        [t('integrity.refused', { count: completeness.dropped }), completeness.dropped],
        [t('integrity.silences', { count: completeness.silences }), completeness.silences],
      ]
    : [];
  if (unreadable) gaps.unshift([t('integrity.unreadable', { count: unreadable }), unreadable]);
  const known = gaps.filter(([, count]) => count > 0).map(([text]) => text);
  return (
    <>
      {checkpoint && (
        <span className={classes.note}>
          {t('integrity.checkpoint', {
            count: checkpoint.headers,
            time: formatClock(checkpoint.signed_at, i18n.language, zone, now),
          })}
        </span>
      )}
      {(known.length > 0 || completeness) && (
        <span className={classes.note} data-bad={unreadable ? true : undefined}>
          {known.length > 0 ? known.join(', ') : t('integrity.complete')}
        </span>
      )}
    </>
  );
}
