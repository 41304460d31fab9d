// What a hunt finds as it comes in.
import { Button } from '@mantine/core';
import { type RefObject, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useTail } from '../../api/use-tail';
import { LiveTail } from '../../ui/live-tail';
import { EmptyState } from '../../ui/state';
import { EventTable } from './event-table';
import type { HuntSearch } from './hunt-search';

type Props = {
  hunt: string;
  /** Why there is nothing to follow. */
  why: string | undefined;
  onLive: (live: boolean) => void;
  names: string[];
  paused: boolean;
  onPaused: (paused: boolean) => void;
  search: HuntSearch;
  tableRef: RefObject<HTMLTableElement | null>;
  onOpen: (id: string) => void;
};

export function HuntTail({ why, onLive, ...props }: Props) {
  const { t } = useTranslation();
  if (!why) return <Following {...props} />;
  return (
    <EmptyState
      title={t('hunt.tail.cannot')}
      actions={
        <Button variant="default" onClick={() => onLive(false)}>
          {t('hunt.tail.found')}
        </Button>
      }
    >
      {why}
    </EmptyState>
  );
}

function Following({
  hunt,
  names,
  paused,
  onPaused,
  search,
  tableRef,
  onOpen,
}: Omit<Props, 'why' | 'onLive'>) {
  const { t } = useTranslation();
  const [hovered, setHovered] = useState(false);
  const held = paused || hovered || search.row !== undefined;
  const tail = useTail({ hunt }, true, held);
  return (
    <LiveTail tail={tail} held={held} paused={paused} onPaused={onPaused} onHover={setHovered}>
      <EventTable
        caption={t('events.tailCaption')}
        names={names}
        events={tail.events}
        search={search}
        loading={false}
        tableRef={tableRef}
        onOpen={onOpen}
      />
    </LiveTail>
  );
}
