// One of the events found, beside the table, with what can be done with each value.
import { Ellipsis } from 'lucide-react';
import { proveEvent } from '../../api/proof';
import { useEvent } from '../../api/use-event';
import { EventDetail } from '../../ui/event-detail';
import type { EventTab } from '../../ui/event-view';
import { fieldOf, pivots } from './hunt-answer';
import { PivotButton } from './pivot';

type Props = { id: string; tab: EventTab; onTab: (tab: EventTab) => void; onClose: () => void };

export function HuntPanel({ id, tab, onTab, onClose }: Props) {
  const read = useEvent(id);
  return (
    <EventDetail
      id={id}
      read={read}
      prove={proveEvent}
      tab={tab}
      onTab={onTab}
      onClose={onClose}
      action={(name, text) => (
        <PivotButton
          icon={<Ellipsis size={15} aria-hidden="true" />}
          value={{
            field: name,
            text,
            condition: read.event !== undefined && pivots(name, fieldOf(read.event.record, name)),
            time: read.event?.time,
          }}
        />
      )}
    />
  );
}
