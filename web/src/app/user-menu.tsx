// Who is signed in, how this browser shows things, and the way out.
import { Menu, UnstyledButton } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { Keyboard, LogOut, UserRound } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { api } from '../api/hooks';
import { type Preferences, setPreference, usePreferences } from '../lib/preferences';
import classes from './user-menu.module.css';

function useSignOut(): () => void {
  const queries = useQueryClient();
  const navigate = useNavigate();
  // on the mutation itself, not on its call: the stream may end the session, and this menu, before the answer
  const logout = api.useMutation('post', '/api/auth/logout', {
    onSettled: () => {
      queries.clear();
      void navigate({ to: '/login', search: { reason: 'signed-out' }, replace: true });
    },
  });
  return () => logout.mutate({});
}

function Choice<K extends 'density' | 'zone'>({
  name,
  values,
}: {
  name: K;
  values: readonly Preferences[K][];
}) {
  const { t } = useTranslation();
  const current = usePreferences()[name];
  return (
    <>
      <Menu.Label>{t(`${name}.label`)}</Menu.Label>
      <Menu.RadioGroup value={current} onChange={(value) => setPreference(name, value as Preferences[K])}>
        {values.map((value) => (
          <Menu.RadioItem key={value} value={value} closeMenuOnClick>
            {t(`${name}.${value}` as 'zone.utc')}
          </Menu.RadioItem>
        ))}
      </Menu.RadioGroup>
    </>
  );
}

export function UserMenu({ onHelp }: { onHelp: () => void }) {
  const { t } = useTranslation();
  const { data: me } = api.useQuery('get', '/api/auth/me', {}, { staleTime: 60_000 });
  const signOut = useSignOut();
  const name = me?.username ?? '';
  return (
    <Menu position="bottom-end" width={230}>
      <Menu.Target>
        <UnstyledButton className={classes.user} aria-label={t('user.menu', { name })}>
          <UserRound size={16} strokeWidth={1.8} aria-hidden="true" />
          <span className={classes.name}>{name}</span>
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>{t('user.signedInAs', { name, role: me?.role ?? '' })}</Menu.Label>
        <Menu.Divider />
        <Choice name="density" values={['comfortable', 'compact']} />
        <Menu.Divider />
        <Choice name="zone" values={['local', 'utc']} />
        <Menu.Divider />
        <Menu.Item leftSection={<Keyboard size={15} aria-hidden="true" />} onClick={onHelp}>
          {t('help.title')}
        </Menu.Item>
        <Menu.Item leftSection={<LogOut size={15} aria-hidden="true" />} onClick={signOut}>
          {t('user.signOut')}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
