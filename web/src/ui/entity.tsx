// Whom or what something is about; a click shows its events.
import { Link } from '@tanstack/react-router';
import { CircleUser, Globe, KeyRound, type LucideIcon, Server, Waypoints } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import classes from './entity.module.css';
import { LogText } from './log-text';

export type Entity = { type: string; value: string };

const icons: Record<string, LucideIcon> = { ip: Globe, user: CircleUser, host: Server, session: KeyRound };

/** The filter of the event list that shows an entity's events. */
function filter(entity: Entity): { ip?: string; user?: string; q?: string } {
  if (entity.type === 'ip') return { ip: entity.value };
  if (entity.type === 'user') return { user: entity.value };
  return { q: entity.value };
}

export function EntityText({ entity, link = false }: { entity: Entity; link?: boolean }) {
  const { t, i18n } = useTranslation();
  const Icon = icons[entity.type] ?? Waypoints;
  const type = i18n.exists(`entity.${entity.type}`) ? t(`entity.${entity.type}` as 'entity.ip') : entity.type;
  const body = (
    <>
      <Icon size={14} strokeWidth={1.8} aria-hidden="true" />
      <span className="visually-hidden">{type} </span>
      <span className={classes.value}>
        <LogText text={entity.value} mono />
      </span>
    </>
  );
  if (!link) return <span className={classes.entity}>{body}</span>;
  return (
    <Link to="/events" search={filter(entity)} className={classes.entity} title={t('entity.events')}>
      {body}
    </Link>
  );
}
