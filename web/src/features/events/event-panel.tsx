// One event of the list, beside it.
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router';
import { ListFilter } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { proveEvent } from '../../api/proof';
import { useEvent } from '../../api/use-event';
import { EventDetail } from '../../ui/event-detail';
import classes from './event-panel.module.css';
import type { EventSearch } from './event-search';

const route = getRouteApi('/in/events/$eventId');

export function EventPanel() {
  const { eventId } = route.useParams();
  const search = route.useSearch();
  const navigate = useNavigate();
  const { tab = 'fields', ...list } = search;
  return (
    <EventDetail
      id={eventId}
      read={useEvent(eventId)}
      prove={proveEvent}
      tab={tab}
      onTab={(next) =>
        void navigate({
          to: '/events/$eventId',
          params: { eventId },
          search: { ...search, tab: next === 'fields' ? undefined : next },
          replace: true,
        })
      }
      onClose={() => void navigate({ to: '/events', search: list })}
      action={(name, value) => <Only name={name} value={value} />}
    />
  );
}

const filters: Record<string, keyof EventSearch> = {
  source: 'source',
  category: 'category',
  user: 'user',
  ip: 'ip',
  severity: 'level',
};

function Only({ name, value }: { name: string; value: string }) {
  const { t } = useTranslation();
  const filter = filters[name];
  if (!filter) return null;
  return (
    <Link
      to="/events"
      search={{ [filter]: value }}
      className={classes.pivot}
      aria-label={t('events.only', { name })}
      title={t('events.only', { name })}
    >
      <ListFilter size={14} aria-hidden="true" />
    </Link>
  );
}
