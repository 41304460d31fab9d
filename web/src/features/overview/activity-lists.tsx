// Who stands out, and which sources speak.
import { Skeleton } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import type { Schemas } from '../../api/client';
import { formatCompact } from '../../lib/format';
import { EntityText } from '../../ui/entity';
import { FirstEvent } from '../../ui/first-event';
import { SeverityGlyph } from '../../ui/severity';
import { TimeText } from '../../ui/time-text';
import classes from './section.module.css';

type Dashboard = Schemas['Dashboard'];

const placeholders = ['a', 'b', 'c', 'd'];

function Placeholder() {
  return placeholders.map((key) => (
    <li key={key} aria-hidden="true">
      <Skeleton height={10} width="60%" />
    </li>
  ));
}

function Entities({ entities }: { entities: Dashboard['top_entities'] | undefined }) {
  const { t } = useTranslation();
  return (
    <section className={classes.section} aria-labelledby="top-entities">
      <div className={classes.head}>
        <h2 id="top-entities">{t('overview.topEntities')}</h2>
        <span className={classes.hint}>{t('overview.openAnomalies')}</span>
      </div>
      <ul className={classes.list}>
        {!entities && <Placeholder />}
        {entities?.length === 0 && <li className={classes.none}>{t('overview.noEntities')}</li>}
        {entities?.map(({ entity, anomalies, severity }) => (
          <li key={`${entity.type} ${entity.value}`}>
            <SeverityGlyph severity={severity} size={12} />
            <span className="visually-hidden">{t(`severity.${severity}`)}</span>
            <span className={classes.grow}>
              <EntityText entity={entity} link />
            </span>
            <span>{anomalies}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Sources({ sources }: { sources: Dashboard['sources'] | undefined }) {
  const { t, i18n } = useTranslation();
  return (
    <section className={classes.section} aria-labelledby="sources">
      <div className={classes.head}>
        <h2 id="sources">{t('overview.sources')}</h2>
        <span className={classes.hint}>{t('overview.lastDay')}</span>
      </div>
      <ul className={classes.list}>
        {!sources && <Placeholder />}
        {sources?.map((source) => (
          <li key={source.source}>
            <Link
              to="/events"
              search={{ source: source.source }}
              className={`${classes.link} ${classes.grow}`}
            >
              {source.source}
            </Link>
            <span className={classes.hint}>
              {source.last_seen && <TimeText time={source.last_seen} form="relative" />}
              {source.events === 0 && t('overview.silent')}
            </span>
            <span className={classes.number}>{formatCompact(source.events, i18n.language)}</span>
          </li>
        ))}
      </ul>
      {sources?.length === 0 && (
        <div className={classes.first}>
          <p>{t('first.text')}</p>
          <FirstEvent />
        </div>
      )}
    </section>
  );
}

export function ActivityLists({ dashboard }: { dashboard: Dashboard | undefined }) {
  return (
    <div className={classes.column}>
      <Entities entities={dashboard?.top_entities} />
      <Sources sources={dashboard?.sources} />
    </div>
  );
}
