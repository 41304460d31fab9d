// The most frequent values of some fields among all events found, each to be asked for or left out.
import { Button, Skeleton } from '@mantine/core';
import { ChevronDown, ChevronRight, Minus, Plus } from 'lucide-react';
import { memo, useId, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Schemas } from '../../api/client';
import { formatCompact, formatNumber } from '../../lib/format';
import { neutralise } from '../../lib/hostile-text';
import { LogText } from '../../ui/log-text';
import { type Severity, SeverityBadge } from '../../ui/severity';
import classes from './facets.module.css';
import { levels } from './histogram-span';
import { pivots } from './hunt-answer';
import { PivotButton } from './pivot';

type Props = {
  facets: Schemas['SearchFacet'][] | undefined;
  open: boolean;
  onOpen: (open: boolean) => void;
  onCondition: (field: string, value: string, not: boolean) => void;
};

export const Facets = memo(function Facets({ facets, open, onOpen, onCondition }: Props) {
  const { t } = useTranslation();
  const id = useId();
  return (
    <section className={classes.facets} aria-label={t('hunt.facets.label')}>
      <h2 className={classes.head}>
        <button
          type="button"
          className={classes.toggle}
          aria-expanded={open}
          aria-controls={id}
          onClick={() => onOpen(!open)}
        >
          {open ? (
            <ChevronDown size={15} aria-hidden="true" />
          ) : (
            <ChevronRight size={15} aria-hidden="true" />
          )}
          {t('hunt.facets.label')}
        </button>
      </h2>
      <div id={id} className={classes.list} hidden={!open}>
        {open && !facets && <Waiting />}
        {open &&
          facets
            ?.filter((facet) => facet.too_many || facet.values.length > 0)
            // what is the same for all of them comes last
            .sort((a, b) => Number(a.values.length === 1) - Number(b.values.length === 1))
            .map((facet) => <Facet key={facet.field} facet={facet} onCondition={onCondition} />)}
      </div>
    </section>
  );
});

function Waiting() {
  return (
    <div className={classes.waiting} aria-hidden="true">
      {[70, 92, 60, 80, 50, 88, 64].map((width) => (
        <Skeleton key={width} height={10} width={`${width}%`} />
      ))}
    </div>
  );
}

const few = 6;

type FacetProps = { facet: Schemas['SearchFacet'] } & Pick<Props, 'onCondition'>;

function Facet({ facet, onCondition }: FacetProps) {
  const { t, i18n } = useTranslation();
  const [all, setAll] = useState(false);
  const top = Math.max(1, ...facet.values.map(({ count }) => count));
  const shown = all ? facet.values : facet.values.slice(0, few);
  const field = neutralise(facet.field);
  return (
    <div className={classes.facet}>
      <h3 className="mono">{field}</h3>
      {facet.too_many && <p className={classes.note}>{t('hunt.facets.tooMany')}</p>}
      <ul>
        {shown.map(({ value, count }) => {
          const level = facet.field === 'severity' ? levels.find((each) => each === value) : undefined;
          const said = { field, value: neutralise(value).slice(0, 80) };
          return (
            <li key={value}>
              <span className={classes.bar} style={{ width: `${(count / top) * 100}%` }} aria-hidden="true" />
              <span className={classes.value} title={neutralise(value)}>
                {pivots(facet.field, value) ? (
                  <PivotButton value={{ field: facet.field, text: value, condition: true }}>
                    {level && <SeverityBadge severity={level as Severity} />}
                  </PivotButton>
                ) : (
                  <LogText text={value || '""'} />
                )}
              </span>
              <span className={classes.count} title={formatNumber(count, i18n.language)}>
                {formatCompact(count, i18n.language)}
              </span>
              <span className={classes.buttons}>
                <button
                  type="button"
                  aria-label={t('hunt.facets.include', said)}
                  title={t('hunt.pivot.include')}
                  onClick={() => onCondition(facet.field, value, false)}
                >
                  <Plus size={14} aria-hidden="true" />
                </button>
                <button
                  type="button"
                  aria-label={t('hunt.facets.exclude', said)}
                  title={t('hunt.pivot.exclude')}
                  onClick={() => onCondition(facet.field, value, true)}
                >
                  <Minus size={14} aria-hidden="true" />
                </button>
              </span>
            </li>
          );
        })}
      </ul>
      {facet.values.length > few && (
        <Button variant="subtle" data-size="compact" aria-expanded={all} onClick={() => setAll(!all)}>
          {all ? t('common.showFewer') : t('common.showAll', { count: facet.values.length })}
          <span className="visually-hidden"> {field}</span>
        </Button>
      )}
    </div>
  );
}
