// One of the events found, beside the table: fields with what can be done with each value, JSON, and raw.
import { Ellipsis } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { ApiError } from '../../api/client';
import { eventErased, eventFields, eventLevel, eventRaw, eventText, eventTitle } from '../../api/event';
import { api } from '../../api/hooks';
import { proveEvent } from '../../api/proof';
import { EventHead, type EventTab, EventView, EventWaiting } from '../../ui/event-view';
import { IncompleteNote } from '../../ui/incomplete-note';
import { ProofBadge } from '../../ui/proof-badge';
import { SidePanel } from '../../ui/side-panel';
import { ErrorState } from '../../ui/state';
import { fieldOf, pivots } from './hunt-answer';
import { PivotButton } from './pivot';

type Props = { id: string; tab: EventTab; onTab: (tab: EventTab) => void; onClose: () => void };

export function HuntPanel({ id, tab, onTab, onClose }: Props) {
  const { t } = useTranslation();
  const { data, error, refetch } = api.useQuery(
    'get',
    '/api/siem/logs/{id}',
    { params: { path: { id } } },
    { staleTime: Infinity },
  );
  const missing = error instanceof ApiError && error.status === 404;
  return (
    <SidePanel
      id={id}
      label={t('events.details')}
      onClose={onClose}
      head={
        data ? (
          <EventHead severity={eventLevel(data)} time={eventText(data, 'time')} title={eventTitle(data)} />
        ) : (
          <h2>{t('events.details')}</h2>
        )
      }
    >
      {missing && error.incomplete > 0 && (
        <IncompleteNote inset text={t('events.goneIncomplete', { count: error.incomplete })} />
      )}
      {error && !data && (
        <ErrorState
          title={missing ? t('events.gone') : t('events.panelFailed')}
          detail={missing ? t('events.goneText') : t('common.failedText')}
          onRetry={missing ? undefined : () => void refetch()}
        />
      )}
      {!data && !error && <EventWaiting />}
      {data && (
        <EventView
          event={data}
          fields={eventFields(data)}
          erased={eventErased(data)}
          raw={eventRaw(data)}
          tab={tab}
          onTab={onTab}
          proof={<ProofBadge key={id} eventId={id} prove={proveEvent} />}
          action={(name, text) => (
            <PivotButton
              icon={<Ellipsis size={15} aria-hidden="true" />}
              value={{
                field: name,
                text,
                condition: pivots(name, fieldOf(data, name)),
                time: eventText(data, 'time'),
              }}
            />
          )}
        />
      )}
    </SidePanel>
  );
}
