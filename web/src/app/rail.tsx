// The way through the product: icons with words; only icons when narrow; along the bottom on a phone.
import { Tooltip } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import {
  Activity,
  Bell,
  Crosshair,
  LayoutDashboard,
  type LucideIcon,
  PanelLeftClose,
  PanelLeftOpen,
  Plug,
  Rows3,
} from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { api } from '../api/hooks';
import { useLive } from '../api/live';
import { formatNumber } from '../lib/format';
import { setPreference, usePreferences } from '../lib/preferences';
import { CountBadge } from '../ui/chip';
import { IconButton } from '../ui/icon-button';
import { Mark } from '../ui/mark';
import classes from './rail.module.css';

type Item = {
  to: '/' | '/alerts' | '/anomalies' | '/events' | '/hunt' | '/inputs';
  text: string;
  icon: LucideIcon;
  count?: number;
  countText?: string;
};

function useItems(): Item[] {
  const { t } = useTranslation();
  const { data } = api.useQuery('get', '/api/siem/dashboard', {});
  const alerts = data?.alerts.active ?? 0;
  const anomalies = data ? Object.values(data.anomalies).reduce((sum, count) => sum + count, 0) : 0;
  return [
    { to: '/', text: t('nav.overview'), icon: LayoutDashboard },
    {
      to: '/alerts',
      text: t('siem.alerts'),
      icon: Bell,
      count: alerts,
      countText: t('nav.activeAlerts', { count: alerts }),
    },
    {
      to: '/anomalies',
      text: t('siem.anomalies'),
      icon: Activity,
      count: anomalies,
      countText: t('nav.openAnomalies', { count: anomalies }),
    },
    { to: '/events', text: t('siem.logs'), icon: Rows3 },
    { to: '/hunt', text: t('hunt.title'), icon: Crosshair },
    { to: '/inputs', text: t('inputs.title'), icon: Plug },
  ];
}

export function Rail() {
  const { t, i18n } = useTranslation();
  const { rail } = usePreferences();
  const { critical } = useLive();
  const items = useItems();
  const narrow = rail === 'narrow';
  return (
    <nav className={classes.rail} data-rail={rail} aria-label={t('nav.label')}>
      <Link to="/" className={classes.brand} aria-label={t('nav.home')}>
        <Mark swing={critical?.id} />
        <span className={classes.word}>Tocsin</span>
      </Link>
      <ul className={classes.items}>
        {items.map(({ to, text, icon: Icon, count, countText }) => (
          <li key={to}>
            <Tooltip label={text} position="right" disabled={!narrow}>
              <Link
                to={to}
                className={classes.item}
                activeOptions={{ exact: to === '/', includeSearch: false }}
              >
                <Icon size={17} strokeWidth={1.8} aria-hidden="true" />
                <span className={classes.word}>{text}</span>
                {count !== undefined && count > 0 && (
                  <span className={classes.badge}>
                    <CountBadge count={formatNumber(count, i18n.language)} label={countText} />
                  </span>
                )}
              </Link>
            </Tooltip>
          </li>
        ))}
      </ul>
      <div className={classes.foot}>
        <IconButton
          label={narrow ? t('nav.expand') : t('nav.collapse')}
          aria-expanded={!narrow}
          onClick={() => setPreference('rail', narrow ? 'wide' : 'narrow')}
        >
          {narrow ? (
            <PanelLeftOpen size={17} strokeWidth={1.8} />
          ) : (
            <PanelLeftClose size={17} strokeWidth={1.8} />
          )}
        </IconButton>
      </div>
    </nav>
  );
}
