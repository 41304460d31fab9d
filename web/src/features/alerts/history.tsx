// What people did about an alert, oldest first.
import { useTranslation } from 'react-i18next';
import type { Schemas } from '../../api/client';
import { LogText } from '../../ui/log-text';
import { PanelSection } from '../../ui/side-panel';
import { TimeText } from '../../ui/time-text';
import classes from './history.module.css';

type Alert = Schemas['Alert'];
type Entry = { time: string; author: string; did: string; text?: string };

function useEntries(alert: Alert): Entry[] {
  const { t } = useTranslation();
  const entries: Entry[] = alert.notes.map((note) => ({
    time: note.time,
    author: note.author,
    did: t('history.noted'),
    text: note.text,
  }));
  if (alert.acknowledged_at) {
    entries.push({
      time: alert.acknowledged_at,
      author: alert.acknowledged_by ?? '',
      did: t('history.acknowledged'),
    });
  }
  if (alert.resolved_at) {
    const did = alert.reason
      ? t('history.resolvedAs', { reason: t(`reason.${alert.reason}`) })
      : t('history.resolved');
    entries.push({ time: alert.resolved_at, author: alert.resolved_by ?? '', did });
  }
  return entries.sort((a, b) => a.time.localeCompare(b.time));
}

export function History({ alert }: { alert: Alert }) {
  const { t } = useTranslation();
  const entries = useEntries(alert);
  return (
    <PanelSection title={t('history.title')}>
      {entries.length === 0 && <p className={classes.none}>{t('history.none')}</p>}
      <ol className={classes.list}>
        {entries.map((entry) => (
          <li key={`${entry.time} ${entry.did}`}>
            <p className={classes.line}>
              <span>
                <strong>{entry.author}</strong> {entry.did}
              </span>
              <span className={classes.time}>
                <TimeText time={entry.time} />
              </span>
            </p>
            {entry.text && (
              <p className={classes.note}>
                <LogText text={entry.text} />
              </p>
            )}
          </li>
        ))}
      </ol>
    </PanelSection>
  );
}
