// Where an alert or anomaly stands, as an icon and a word.
import { Circle, CircleCheck, CircleDot, UserCheck } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import classes from './status.module.css';

export type Status = 'active' | 'acknowledged' | 'resolved' | 'open';

const icons = { active: CircleDot, open: Circle, acknowledged: UserCheck, resolved: CircleCheck };

export function StatusBadge({ status }: { status: Status }) {
  const { t } = useTranslation();
  const Icon = icons[status];
  return (
    <span className={classes.status} data-status={status}>
      <Icon size={14} aria-hidden="true" />
      {t(`status.${status}`)}
    </span>
  );
}
