// One event, as a panel shows it.
import { ApiError } from './client';
import {
  type EventRecord,
  eventErased,
  eventFields,
  eventLevel,
  eventRaw,
  eventText,
  eventTitle,
} from './event';
import { api } from './hooks';

function shown(event: EventRecord) {
  return {
    record: event,
    severity: eventLevel(event),
    time: eventText(event, 'time'),
    title: eventTitle(event),
    fields: eventFields(event),
    erased: eventErased(event),
    raw: eventRaw(event),
  };
}

/** The event of an id; what is missing of it is why it is not there, incomplete how many cannot be read. */
export function useEvent(id: string) {
  const { data, error, refetch } = api.useQuery(
    'get',
    '/api/siem/logs/{id}',
    { params: { path: { id } } },
    { staleTime: Infinity },
  );
  const gone = error instanceof ApiError && error.status === 404;
  return {
    event: data && shown(data),
    missing: data || !error ? undefined : gone ? ('gone' as const) : ('failed' as const),
    incomplete: gone ? error.incomplete : 0,
    retry: () => void refetch(),
  };
}
