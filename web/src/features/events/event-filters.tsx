// The search box and the filters of the event list; all of it is in the URL.
import { Button, TextInput } from '@mantine/core';
import { useNavigate } from '@tanstack/react-router';
import { Search } from 'lucide-react';
import { type FormEvent, useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { formatCompact } from '../../lib/format';
import { FilterBar, FilterSelect } from '../../ui/filter-bar';
import { TimeRange } from '../../ui/time-range';
import classes from './event-filters.module.css';
import { type EventSearch, levels, ranges } from './event-search';
import { useEventStatistics } from './use-events';

type Props = { search: EventSearch; onChange: (change: Partial<EventSearch>) => void };

/** A text filter that applies when it is left or Enter is pressed. */
function TextFilter({
  label,
  value,
  onChange,
}: {
  label: string;
  value: string | undefined;
  onChange: (value: string | undefined) => void;
}) {
  const [text, setText] = useState(value ?? '');
  useEffect(() => setText(value ?? ''), [value]);
  const apply = () => {
    if (text.trim() !== (value ?? '')) onChange(text.trim() || undefined);
  };
  return (
    <TextInput
      size="xs"
      className={classes.text}
      data-set={value !== undefined || undefined}
      aria-label={label}
      placeholder={label}
      value={text}
      maxLength={1024}
      onChange={(event) => setText(event.currentTarget.value)}
      onBlur={apply}
      onKeyDown={(event) => event.key === 'Enter' && apply()}
    />
  );
}

function SearchBox({ search, onChange }: Props) {
  const { t } = useTranslation();
  const [query, setQuery] = useState(search.q ?? '');
  useEffect(() => setQuery(search.q ?? ''), [search.q]);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    onChange({ q: query.trim() || undefined });
  };
  return (
    <search className={classes.search}>
      <form onSubmit={submit}>
        <TextInput
          size="xs"
          type="search"
          aria-label={t('events.search')}
          placeholder={t('events.search')}
          leftSection={<Search size={15} aria-hidden="true" />}
          value={query}
          maxLength={1024}
          onChange={(event) => setQuery(event.currentTarget.value)}
        />
        <Button type="submit" variant="default">
          {t('events.find')}
        </Button>
      </form>
    </search>
  );
}

export function EventFilters({ search, onChange }: Props) {
  const { t, i18n } = useTranslation();
  const navigate = useNavigate();
  const statistics = useEventStatistics();
  const { live, tab: _tab, q: _q, ...filters } = search;
  const counted = (counts: { value: string; count: number }[] | undefined) =>
    (counts ?? []).map(({ value, count }) => ({
      value,
      label: `${value} (${formatCompact(count, i18n.language)})`,
    }));
  return (
    <div className={classes.filters}>
      <SearchBox search={search} onChange={onChange} />
      <FilterBar
        active={Object.values(filters).filter(Boolean).length}
        onClear={() => void navigate({ to: '/events', search: live ? { live } : {} })}
      >
        <FilterSelect
          label={t('siem.level')}
          all={t('events.anyLevel')}
          value={search.level}
          options={levels.map((value) => ({ value, label: t(`severity.${value}`) }))}
          onChange={(value) => onChange({ level: value as EventSearch['level'] })}
        />
        <FilterSelect
          label={t('siem.source')}
          all={t('events.anySource')}
          value={search.source}
          options={counted(statistics?.by_source)}
          onChange={(source) => onChange({ source })}
        />
        <FilterSelect
          label={t('siem.category')}
          all={t('events.anyCategory')}
          value={search.category}
          options={counted(statistics?.by_category)}
          onChange={(category) => onChange({ category })}
        />
        <TextFilter label={t('events.user')} value={search.user} onChange={(user) => onChange({ user })} />
        <TextFilter label={t('events.ip')} value={search.ip} onChange={(ip) => onChange({ ip })} />
        {!live && <TimeRange ranges={ranges} value={search} onChange={onChange} />}
      </FilterBar>
    </div>
  );
}
