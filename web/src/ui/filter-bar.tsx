// Filters above a list: native selects, each with its name, and a way to clear them all.
import { Button, NativeSelect } from '@mantine/core';
import { X } from 'lucide-react';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import classes from './filter-bar.module.css';

export function FilterBar({
  active,
  onClear,
  children,
}: {
  active: boolean;
  onClear: () => void;
  children: ReactNode;
}) {
  const { t } = useTranslation();
  return (
    <fieldset className={classes.bar}>
      <legend className="visually-hidden">{t('common.filters')}</legend>
      {children}
      {active && (
        <Button
          variant="subtle"
          color="gray"
          data-size="compact"
          leftSection={<X size={14} aria-hidden="true" />}
          onClick={onClear}
        >
          {t('common.clearFilters')}
        </Button>
      )}
    </fieldset>
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
