// What is found as a file. What is running can be ended from the same place.
import { Button, Loader, Menu } from '@mantine/core';
import { Braces, Columns3, Download, FileJson, FileSpreadsheet, X } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { formatNumber } from '../lib/format';
import { saveFile } from '../lib/save-file';
import classes from './export-menu.module.css';
import { toastDone, toastFailed } from './toast';

type TableFormat = 'csv' | 'json' | 'ndjson';
type EventFormat = TableFormat | 'parquet';

export type ExportedFile = {
  name: string;
  file: Blob;
  rows: number;
  /** It has as many rows as it may have: there are more. */
  cut: boolean;
  /** Stored events that cannot be read and may be missing. */
  incomplete: number;
};

/** Makes the file, says how far it is, and ends when told to; what it throws may say why in code and status. */
type Run<Format> = (
  format: Format,
  signal: AbortSignal,
  onRows: (rows: number) => void,
) => Promise<ExportedFile>;

/** Events are in the file, or rows of a table. */
type Props = ({ of: 'events'; run: Run<EventFormat> } | { of: 'rows'; run: Run<TableFormat> }) & {
  /** The most rows of a file. */
  limit: number;
  disabled: boolean;
  /** What is said when the server does not understand what is asked. */
  wrong: string;
};

const causes: Record<string, 'busy' | 'brokeOff' | 'denied'> = {
  too_many_exports: 'busy',
  broke_off: 'brokeOff',
  forbidden: 'denied',
};
const forms = [
  ['csv', FileSpreadsheet],
  ['json', Braces],
  ['ndjson', FileJson],
] as const;
const eventForms = [...forms, ['parquet', Columns3]] as const;

/** One export at a time: how far it is, how it ended, and the way to end it early. */
function useRun(props: Props) {
  const { of, limit, wrong } = props;
  const { t, i18n } = useTranslation();
  const [rows, setRows] = useState<number | 'unknown'>();
  const running = useRef<AbortController>(undefined);
  useEffect(() => () => running.current?.abort(), []);

  const start = async (format: EventFormat) => {
    if (running.current) return;
    const control = new AbortController();
    running.current = control;
    setRows(format === 'parquet' ? 'unknown' : 0);
    try {
      const done = await (props.of === 'events'
        ? props.run(format, control.signal, setRows)
        : props.run(format as TableFormat, control.signal, setRows));
      saveFile(done.name, done.file);
      const most = formatNumber(limit, i18n.language);
      const said = { count: done.rows };
      if (of === 'events')
        toastDone(done.cut ? t('events.export.cut', { limit: most }) : t('events.export.done', said));
      else toastDone(done.cut ? t('hunt.export.cut', said) : t('hunt.export.done', said));
      if (done.incomplete > 0) toastFailed(t('events.export.incomplete', { count: done.incomplete }));
    } catch (error) {
      if (control.signal.aborted) return;
      const { code = '', status, message } = error as Error & { code?: string; status?: number };
      const cause = causes[code] ?? 'failed';
      toastFailed(status === 400 ? `${wrong}: ${message}` : t(`events.export.${cause}`));
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

export function ExportMenu(props: Props) {
  const { of, limit, disabled } = props;
  const { t, i18n } = useTranslation();
  const { rows, start, stop } = useRun(props);
  const running = rows !== undefined;
  const most = { limit: formatNumber(limit, i18n.language) };
  return (
    <Menu position="bottom-end" width={290}>
      <Menu.Target>
        <Button
          variant="default"
          disabled={disabled && !running}
          aria-busy={running}
          leftSection={
            running ? <Loader size={13} aria-hidden="true" /> : <Download size={15} aria-hidden="true" />
          }
        >
          {!running
            ? t('events.export.label')
            : rows === 'unknown'
              ? t('events.export.under')
              : t('events.export.running', { rows: formatNumber(rows, i18n.language) })}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {running ? (
          <Menu.Item leftSection={<X size={15} aria-hidden="true" />} onClick={stop}>
            {t('events.export.stop')}
          </Menu.Item>
        ) : (
          <>
            <Menu.Label className={classes.about}>
              {of === 'events' ? t('events.export.limit', most) : t('hunt.export.limit', most)}
            </Menu.Label>
            {(of === 'events' ? eventForms : forms).map(([format, Icon]) => (
              <Menu.Item
                key={format}
                leftSection={<Icon size={15} aria-hidden="true" />}
                onClick={() => void start(format)}
              >
                {format === 'parquet' || of === 'events'
                  ? t(`events.export.${format}`)
                  : t(`hunt.export.${format}`)}
              </Menu.Item>
            ))}
          </>
        )}
      </Menu.Dropdown>
    </Menu>
  );
}
