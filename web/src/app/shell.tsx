// The frame of every page: rail, top bar, banner of the demo, and the live connection.
import { useQueryClient } from '@tanstack/react-query';
import { Outlet, useNavigate } from '@tanstack/react-router';
import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api } from '../api/hooks';
import { connectLive, resetLive, useLive } from '../api/live';
import { useHotkeys } from '../lib/keyboard-context';
import { usePreferences } from '../lib/preferences';
import { HelpDialog } from './help-dialog';
import { Palette } from './palette';
import { Rail } from './rail';
import classes from './shell.module.css';
import { TopBar } from './top-bar';

function useLiveConnection(): void {
  const queries = useQueryClient();
  const navigate = useNavigate();
  useEffect(() => {
    const close = connectLive(queries, () => {
      queries.clear();
      void navigate({ to: '/login', search: { reason: 'ended' }, replace: true });
    });
    return () => {
      close();
      resetLive();
    };
  }, [queries, navigate]);
}

/** Says new critical alerts to screen readers, politely. */
function Announcer() {
  const { t } = useTranslation();
  const { critical } = useLive();
  return (
    <div className="visually-hidden" aria-live="polite">
      {critical && t('app.newCritical', { entity: critical.entity.value })}
    </div>
  );
}

export function Shell() {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const search = useRef<HTMLInputElement>(null);
  const [help, setHelp] = useState(false);
  const [palette, setPalette] = useState(false);
  const { rail } = usePreferences();
  const { data: me } = api.useQuery('get', '/api/auth/me', {}, { staleTime: 60_000 });
  useLiveConnection();
  useHotkeys({
    '/': () => search.current?.focus(),
    '?': () => setHelp(true),
    'mod+k': () => setPalette(true),
    'g o': () => void navigate({ to: '/' }),
    'g a': () => void navigate({ to: '/alerts' }),
    'g n': () => void navigate({ to: '/anomalies' }),
    'g e': () => void navigate({ to: '/events' }),
    'g h': () => void navigate({ to: '/hunt' }),
    'g i': () => void navigate({ to: '/inputs' }),
  });
  return (
    <div className={classes.shell} data-rail={rail}>
      <a className="skip-link" href="#main">
        {t('app.skip')}
      </a>
      <Rail />
      <TopBar searchRef={search} onHelp={() => setHelp(true)} />
      <main id="main" className={classes.main} tabIndex={-1}>
        {me?.demo && (
          <p className={classes.demo} role="note">
            <strong>{t('demo.label')}</strong> {t('demo.text')}
          </p>
        )}
        <div className={classes.content}>
          <Outlet />
        </div>
      </main>
      <Announcer />
      <HelpDialog opened={help} onClose={() => setHelp(false)} />
      <Palette opened={palette} onClose={() => setPalette(false)} onHelp={() => setHelp(true)} />
    </div>
  );
}
