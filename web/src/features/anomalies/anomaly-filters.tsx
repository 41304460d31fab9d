import { useNavigate } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { useTypeName } from '../../i18n/type-name';
import { FilterBar, FilterSelect } from '../../ui/filter-bar';
import { type AnomalySearch, anomalyStatuses, severities } from './anomaly-search';

const types = [
  'brute_force_attack',
  'account_enumeration',
  'privilege_escalation',
  'anomalous_access',
  'suspicious_ip',
  'data_exfiltration',
  'session_anomaly',
  'rate_limit_abuse',
  'llm_injection',
  'llm_repeated_violation',
];

export function AnomalyFilters({ search }: { search: AnomalySearch }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const typeName = useTypeName();
  const set = (change: Partial<AnomalySearch>) =>
    void navigate({ to: '/anomalies', search: { ...search, ...change } });
  return (
    <FilterBar
      active={Object.values(search).filter(Boolean).length}
      onClear={() => void navigate({ to: '/anomalies', search: {} })}
    >
      <FilterSelect
        label={t('common.status')}
        all={t('status.open')}
        value={search.status}
        options={anomalyStatuses
          .filter((value) => value !== 'open')
          .map((value) => ({ value, label: value === 'all' ? t('anomalies.all') : t(`status.${value}`) }))}
        onChange={(value) => set({ status: value as AnomalySearch['status'] })}
      />
      <FilterSelect
        label={t('siem.severity')}
        all={t('common.anySeverity')}
        value={search.severity}
        options={severities.map((value) => ({ value, label: t(`severity.${value}`) }))}
        onChange={(value) => set({ severity: value as AnomalySearch['severity'] })}
      />
      <FilterSelect
        label={t('siem.type')}
        all={t('anomalies.anyType')}
        value={search.type}
        options={types.map((value) => ({ value, label: typeName(value) }))}
        onChange={(type) => set({ type })}
      />
    </FilterBar>
  );
}
