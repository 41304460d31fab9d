// Events as they come in. The list stands still while it is paused or under the pointer.
import { Button } from '@mantine/core';
import { Pause, Play } from 'lucide-react';
import { type RefObject, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { eventText } from '../../api/event';
import { DataTable } from '../../ui/data-table';
import { EmptyState } from '../../ui/state';
import { useEventColumns } from './event-columns';
import type { EventSearch, eventQuery } from './event-search';
import classes from './live-tail.module.css';
import { useTail } from './use-tail';

type Props = {
  query: ReturnType<typeof eventQuery>;
  paused: boolean;
  onPaused: (paused: boolean) => void;
  tableRef: RefObject<HTMLTableElement | null>;
  search: EventSearch;
  selectedId: string | undefined;
  onOpen: (id: string) => void;
};

export function LiveTail({ query, paused, onPaused, tableRef, search, selectedId, onOpen }: Props) {
  const { t } = useTranslation();
  const [hovered, setHovered] = useState(false);
  const held = paused || hovered || selectedId !== undefined;
  const tail = useTail(query, true, held);
  const columns = useEventColumns(search);
  const state = held ? 'held' : tail.connection;
  return (
    <>
      <div className={classes.bar}>
        <span role="status" className={classes.state} data-state={state}>
          {held ? t('events.held', { count: tail.waiting }) : t(`events.tail.${tail.connection}`)}
        </span>
        {tail.dropped > 0 && (
          <span className={classes.dropped}>{t('events.dropped', { count: tail.dropped })}</span>
        )}
        <Button
          variant="default"
          data-size="compact"
          aria-pressed={paused}
          leftSection={
            paused ? <Play size={13} aria-hidden="true" /> : <Pause size={13} aria-hidden="true" />
          }
          onClick={() => onPaused(!paused)}
        >
          {paused ? t('events.resume') : t('events.pause')}
        </Button>
      </div>
      {tail.events.length === 0 ? (
        <EmptyState title={t('events.waiting')}>{t('events.waitingText')}</EmptyState>
      ) : (
        // biome-ignore lint/a11y/noStaticElementInteractions: hovering only holds the list still; the button does the same
        <div onMouseEnter={() => setHovered(true)} onMouseLeave={() => setHovered(false)}>
          <DataTable
            caption={t('events.tailCaption')}
            columns={columns}
            rows={tail.events}
            rowId={(event) => eventText(event, 'id')}
            selectedId={selectedId}
            tableRef={tableRef}
            dense
            onOpen={(event) => onOpen(eventText(event, 'id'))}
          />
        </div>
      )}
    </>
  );
}
