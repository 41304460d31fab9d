// The events of the present filters as they come in.
import { type RefObject, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { eventText } from '../../api/event';
import { useTail } from '../../api/use-tail';
import { DataTable } from '../../ui/data-table';
import { LiveTail } from '../../ui/live-tail';
import { useEventColumns } from './event-columns';
import type { EventSearch, eventQuery } from './event-search';

type Props = {
  query: ReturnType<typeof eventQuery>;
  paused: boolean;
  onPaused: (paused: boolean) => void;
  tableRef: RefObject<HTMLTableElement | null>;
  search: EventSearch;
  selectedId: string | undefined;
  onOpen: (id: string) => void;
};

export function EventTail({ query, paused, onPaused, tableRef, search, selectedId, onOpen }: Props) {
  const { t } = useTranslation();
  const [hovered, setHovered] = useState(false);
  const held = paused || hovered || selectedId !== undefined;
  const { from: _from, to: _to, ...filters } = query;
  const tail = useTail(filters, true, held);
  return (
    <LiveTail tail={tail} held={held} paused={paused} onPaused={onPaused} onHover={setHovered}>
      <DataTable
        caption={t('events.tailCaption')}
        columns={useEventColumns(search)}
        rows={tail.events}
        rowId={(event) => eventText(event, 'id')}
        selectedId={selectedId}
        tableRef={tableRef}
        dense
        onOpen={(event) => onOpen(eventText(event, 'id'))}
      />
    </LiveTail>
  );
}
