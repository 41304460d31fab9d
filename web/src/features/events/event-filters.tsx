// The search box and the filters of the event list; all of it is in the URL.
import { Button, TextInput } from '@mantine/core';
import { useNavigate } from '@tanstack/react-router';
import { Search } from 'lucide-react';
import { type FormEvent, useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { formatCompact } from '../../lib/format';
import { FilterBar, FilterSelect } from '../../ui/filter-bar';
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

/** A moment for an input of type datetime-local, in the browser's zone. */
function local(iso: string | undefined): string {
  if (!iso) return '';
  const date = new Date(iso);
  return new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

function TimeFilter({ search, onChange }: Props) {
  const { t } = useTranslation();
  const [custom, setCustom] = useState(false);
  const fixed = search.from !== undefined || search.to !== undefined;
  const iso = (value: string) => (value ? new Date(value).toISOString() : undefined);
  return (
    <>
      <FilterSelect
        label={t('events.range')}
        all={t('events.allTime')}
        value={fixed || custom ? 'custom' : search.range}
        options={[
          ...ranges.map((value) => ({ value, label: t(`range.${value}`) })),
          { value: 'custom', label: t('events.custom') },
        ]}
        onChange={(value) => {
          setCustom(value === 'custom');
          if (value !== 'custom')
            onChange({ range: value as EventSearch['range'], from: undefined, to: undefined });
        }}
      />
      {(fixed || custom) &&
        (['from', 'to'] as const).map((edge) => (
          <TextInput
            key={edge}
            size="xs"
            type="datetime-local"
            aria-label={t(`events.${edge}`)}
            leftSection={<span className={classes.edge}>{t(`events.${edge}`)}</span>}
            leftSectionWidth={52}
            value={local(search[edge])}
            onChange={(event) => onChange({ [edge]: iso(event.currentTarget.value), range: undefined })}
          />
        ))}
    </>
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
        {!live && <TimeFilter search={search} onChange={onChange} />}
      </FilterBar>
    </div>
  );
}
