// The events of the present filter as a file. What is running can be ended from the same place.
import { Button, Loader, Menu } from '@mantine/core';
import { Download, FileJson, FileSpreadsheet, X } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { exportLimit } from '../../api/export';
import { formatNumber } from '../../lib/format';
import type { eventQuery } from './event-search';
import { useExport } from './use-export';

export function ExportMenu({ query, disabled }: { query: ReturnType<typeof eventQuery>; disabled: boolean }) {
  const { t, i18n } = useTranslation();
  const { rows, start, stop } = useExport(query);
  const running = rows !== undefined;
  return (
    <Menu position="bottom-end" width={250}>
      <Menu.Target>
        <Button
          variant="default"
          disabled={disabled && !running}
          aria-busy={running}
          leftSection={
            running ? <Loader size={13} aria-hidden="true" /> : <Download size={15} aria-hidden="true" />
          }
        >
          {running
            ? t('events.export.running', { rows: formatNumber(rows, i18n.language) })
            : t('events.export.label')}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {running ? (
          <Menu.Item leftSection={<X size={15} aria-hidden="true" />} onClick={stop}>
            {t('events.export.stop')}
          </Menu.Item>
        ) : (
          <>
            <Menu.Label>
              {t('events.export.limit', { limit: formatNumber(exportLimit, i18n.language) })}
            </Menu.Label>
            <Menu.Item
              leftSection={<FileSpreadsheet size={15} aria-hidden="true" />}
              onClick={() => void start('csv')}
            >
              {t('events.export.csv')}
            </Menu.Item>
            <Menu.Item
              leftSection={<FileJson size={15} aria-hidden="true" />}
              onClick={() => void start('ndjson')}
            >
              {t('events.export.ndjson')}
            </Menu.Item>
          </>
        )}
      </Menu.Dropdown>
    </Menu>
  );
}
