// Filters above a list: native selects, each with its name, and a way to clear them all. On a narrow page they wait
// behind one button.
import { Button, NativeSelect } from '@mantine/core';
import { ListFilter, X } from 'lucide-react';
import { type ReactNode, useId, useState } from 'react';
import { useTranslation } from 'react-i18next';
import classes from './filter-bar.module.css';

/** active counts the filters that are set. */
type BarProps = { active: number; onClear: () => void; children: ReactNode };

export function FilterBar({ active, onClear, children }: BarProps) {
  const { t } = useTranslation();
  const id = useId();
  const [open, setOpen] = useState(false);
  return (
    <div className={classes.bar} data-open={open || undefined}>
      <Button
        className={classes.toggle}
        variant="default"
        aria-expanded={open}
        aria-controls={id}
        leftSection={<ListFilter size={15} aria-hidden="true" />}
        onClick={() => setOpen(!open)}
      >
        {active > 0 ? t('common.filtersSet', { count: active }) : t('common.filters')}
      </Button>
      <fieldset className={classes.filters} id={id}>
        <legend className="visually-hidden">{t('common.filters')}</legend>
        {children}
      </fieldset>
      {active > 0 && (
        <Button
          className={classes.clear}
          variant="subtle"
          data-size="compact"
          leftSection={<X size={14} aria-hidden="true" />}
          onClick={onClear}
        >
          {t('common.clearFilters')}
        </Button>
      )}
    </div>
  );
}

type SelectProps = {
  label: string;
  value: string | undefined;
  all: string;
  options: { value: string; label: string }[];
  onChange: (value: string | undefined) => void;
};

export function FilterSelect({ label, value, all, options, onChange }: SelectProps) {
  const known = value === undefined || options.some((option) => option.value === value);
  return (
    <NativeSelect
      size="xs"
      className={classes.select}
      data-set={value !== undefined || undefined}
      aria-label={label}
      value={value ?? ''}
      onChange={(event) => onChange(event.currentTarget.value || undefined)}
    >
      <option value="">{all}</option>
      {!known && <option value={value}>{value}</option>}
      {options.map((option) => (
        <option key={option.value} value={option.value}>
          {option.label}
        </option>
      ))}
    </NativeSelect>
  );
}
