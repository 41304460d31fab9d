// A moment: how long ago, and the hour; the full time with its zone on hover and for screen readers.
import { useTranslation } from 'react-i18next';
import { usePreferences } from '../lib/preferences';
import { formatAbsolute, formatClock, formatRelative } from '../lib/time';
import { useNow } from '../lib/use-now';
import classes from './time-text.module.css';

type Props = { time: string; form?: 'both' | 'relative' | 'clock' | 'absolute' };

export function TimeText({ time, form = 'both' }: Props) {
  const { i18n } = useTranslation();
  const { zone } = usePreferences();
  const now = useNow();
  const language = i18n.language;
  const absolute = formatAbsolute(time, language, zone);
  if (form === 'absolute') return <time dateTime={time}>{absolute}</time>;
  const clock = formatClock(time, language, zone, now);
  const relative = formatRelative(time, language, now);
  return (
    <time
      dateTime={time}
      className={classes.time}
      // the browser's own tooltip: a hundred rows of ours would cost a tenth of a second
      title={form === 'clock' ? `${absolute} · ${relative}` : absolute}
    >
      {form !== 'clock' && <span className={classes.relative}>{relative}</span>}
      {form !== 'relative' && <span className={classes.clock}>{clock}</span>}
    </time>
  );
}
