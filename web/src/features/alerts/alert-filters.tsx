import { useNavigate } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { api } from '../../api/hooks';
import { FilterBar, FilterSelect } from '../../ui/filter-bar';
import { type AlertSearch, alertStatuses, severities } from './alert-search';

export function AlertFilters({ search }: { search: AlertSearch }) {
  const { t, i18n } = useTranslation();
  const navigate = useNavigate();
  const { data: rules } = api.useQuery('get', '/api/siem/alert-rules', {}, { staleTime: 300_000 });
  const set = (change: Partial<AlertSearch>) =>
    void navigate({ to: '/alerts', search: { ...search, ...change } });
  const ruleName = (id: string) =>
    i18n.exists(`alert.${id}.name`) ? t(`alert.${id}.name` as 'alert.RULE-BRUTE-FORCE.name') : id;
  return (
    <FilterBar
      active={Object.values(search).filter(Boolean).length}
      onClear={() => void navigate({ to: '/alerts', search: {} })}
    >
      <FilterSelect
        label={t('common.status')}
        all={t('alerts.notResolved')}
        value={search.status}
        options={alertStatuses.map((value) => ({ value, label: t(`status.${value}`) }))}
        onChange={(value) => set({ status: value as AlertSearch['status'] })}
      />
      <FilterSelect
        label={t('siem.severity')}
        all={t('common.anySeverity')}
        value={search.severity}
        options={severities.map((value) => ({ value, label: t(`severity.${value}`) }))}
        onChange={(value) => set({ severity: value as AlertSearch['severity'] })}
      />
      <FilterSelect
        label={t('common.rule')}
        all={t('alerts.anyRule')}
        value={search.rule}
        options={(rules?.items ?? []).map((rule) => ({ value: rule.id, label: ruleName(rule.id) }))}
        onChange={(rule) => set({ rule })}
      />
    </FilterBar>
  );
}
