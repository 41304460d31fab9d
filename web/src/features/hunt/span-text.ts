// A time that counts back from now, in words.
import { useTranslation } from 'react-i18next';
import { formatDuration } from '../../lib/format';
import { spanSeconds } from '../../lib/time';

export function useSpanText(): (span: string | undefined) => string {
  const { t, i18n } = useTranslation();
  return (span) =>
    span
      ? t('hunt.saved.span', { span: formatDuration(spanSeconds(span) ?? 0, i18n.language, 'long') })
      : t('events.allTime');
}
