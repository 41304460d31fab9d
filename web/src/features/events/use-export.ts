// One export at a time: how far it is, how it ended, and the way to end it early.
import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { ApiError } from '../../api/client';
import { type ExportFormat, exportEvents, exportLimit } from '../../api/export';
import { formatNumber } from '../../lib/format';
import { saveFile } from '../../lib/save-file';
import { toastDone, toastFailed } from '../../ui/toast';
import type { eventQuery } from './event-search';

const causes: Record<string, 'busy' | 'brokeOff' | 'denied'> = {
  too_many_exports: 'busy',
  broke_off: 'brokeOff',
  forbidden: 'denied',
};

export function useExport(query: ReturnType<typeof eventQuery>) {
  const { t, i18n } = useTranslation();
  const [rows, setRows] = useState<number>();
  const running = useRef<AbortController>(undefined);
  useEffect(() => () => running.current?.abort(), []);

  const start = async (format: ExportFormat) => {
    if (running.current) return;
    const control = new AbortController();
    running.current = control;
    setRows(0);
    try {
      const done = await exportEvents(query, format, control.signal, setRows);
      saveFile(done.name, done.file);
      toastDone(
        done.cut
          ? t('events.export.cut', { limit: formatNumber(exportLimit, i18n.language) })
          : t('events.export.done', { count: done.rows }),
      );
      if (done.incomplete > 0) toastFailed(t('events.export.incomplete', { count: done.incomplete }));
    } catch (error) {
      if (control.signal.aborted) return;
      const cause = error instanceof ApiError ? causes[error.code] : undefined;
      const refused = error instanceof ApiError && error.status === 400;
      toastFailed(
        refused ? `${t('events.badFilter')}: ${error.message}` : t(`events.export.${cause ?? 'failed'}`),
      );
    } finally {
      running.current = undefined;
      if (!control.signal.aborted) setRows(undefined);
    }
  };
  const stop = () => {
    running.current?.abort();
    setRows(undefined);
  };
  return { rows, start, stop };
}
