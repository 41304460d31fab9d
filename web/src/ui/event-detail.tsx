// One event beside a list: what it is, and why it is not there when it is not.
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { EventHead, type EventTab, EventView, EventWaiting } from './event-view';
import { IncompleteNote } from './incomplete-note';
import { ProofBadge } from './proof-badge';
import type { Severity } from './severity';
import { SidePanel } from './side-panel';
import { ErrorState } from './state';

type Shown = {
  record: Record<string, unknown>;
  severity: Severity;
  time: string;
  title: string;
  fields: { name: string; value: string }[];
  erased: 'person' | 'content' | 'both' | undefined;
  raw: { text: string; original: boolean };
};

type Props = {
  id: string;
  /** The event and how it was read; without either it is on its way. */
  read: {
    event: Shown | undefined;
    missing: 'gone' | 'failed' | undefined;
    /** Stored events that cannot be read: it may be one of them. */
    incomplete: number;
    retry: () => void;
  };
  prove: (id: string) => Promise<{ headers: number; bundle: string }>;
  tab: EventTab;
  onTab: (tab: EventTab) => void;
  onClose: () => void;
  /** What can be done with a value; nothing without. */
  action: (name: string, value: string) => ReactNode;
};

export function EventDetail({ id, read, prove, tab, onTab, onClose, action }: Props) {
  const { t } = useTranslation();
  const { event, missing, incomplete, retry } = read;
  return (
    <SidePanel
      id={id}
      label={t('events.details')}
      onClose={onClose}
      head={
        event ? (
          <EventHead severity={event.severity} time={event.time} title={event.title} />
        ) : (
          <h2>{t('events.details')}</h2>
        )
      }
    >
      {incomplete > 0 && <IncompleteNote inset text={t('events.goneIncomplete', { count: incomplete })} />}
      {missing && (
        <ErrorState
          title={missing === 'gone' ? t('events.gone') : t('events.panelFailed')}
          detail={missing === 'gone' ? t('events.goneText') : t('common.failedText')}
          onRetry={missing === 'gone' ? undefined : retry}
        />
      )}
      {!event && !missing && <EventWaiting />}
      {event && (
        <EventView
          event={event.record}
          fields={event.fields}
          erased={event.erased}
          raw={event.raw}
          tab={tab}
          onTab={onTab}
          proof={<ProofBadge key={id} eventId={id} prove={prove} />}
          action={action}
        />
      )}
    </SidePanel>
  );
}
