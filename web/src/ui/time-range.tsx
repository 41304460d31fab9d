// The time that is looked at: one that counts back from now, or two fixed moments.
import { TextInput } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { formatDuration } from '../lib/format';
import { spanSeconds } from '../lib/time';
import { FilterSelect } from './filter-bar';
import classes from './time-range.module.css';

/** Fixed moments (ISO 8601) win over a range. */
type Value<R> = { range?: R | undefined; from?: string | undefined; to?: string | undefined };

type Props<R> = {
  /** Those that are offered, each with a text in the catalogue. */
  ranges: readonly (R & ('15m' | '1h' | '24h' | '7d' | '30d'))[];
  value: Value<R>;
  onChange: (change: Value<R>) => void;
};

/** A moment for an input of type datetime-local, in the browser's zone; seconds only where there are some. */
function local(iso: string | undefined): string {
  if (!iso) return '';
  const date = new Date(iso);
  const text = new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 19);
  return text.endsWith(':00') ? text.slice(0, 16) : text;
}

export function TimeRange<R extends string>({ ranges, value, onChange }: Props<R>) {
  const { t, i18n } = useTranslation();
  const [custom, setCustom] = useState(false);
  const fixed = value.from !== undefined || value.to !== undefined;
  const own = value.range;
  const other =
    own === undefined || ranges.some((range) => range === own)
      ? []
      : [{ value: own, label: formatDuration(spanSeconds(own) ?? 0, i18n.language, 'long') }];
  const iso = (text: string) => (text ? new Date(text).toISOString() : undefined);
  return (
    <>
      <FilterSelect
        label={t('events.range')}
        all={t('events.allTime')}
        value={fixed || custom ? 'custom' : value.range}
        options={[
          ...other,
          ...ranges.map((range) => ({ value: range, label: t(`range.${range}` as 'range.1h') })),
          { value: 'custom', label: t('events.custom') },
        ]}
        onChange={(chosen) => {
          setCustom(chosen === 'custom');
          if (chosen !== 'custom')
            onChange({ range: chosen as R | undefined, from: undefined, to: undefined });
        }}
      />
      {(fixed || custom) &&
        (['from', 'to'] as const).map((edge) => (
          <TextInput
            key={edge}
            size="xs"
            type="datetime-local"
            step={1}
            aria-label={t(`events.${edge}`)}
            leftSection={<span className={classes.edge}>{t(`events.${edge}`)}</span>}
            leftSectionWidth={52}
            value={local(value[edge])}
            onChange={(event) => onChange({ [edge]: iso(event.currentTarget.value), range: undefined })}
          />
        ))}
    </>
  );
}
