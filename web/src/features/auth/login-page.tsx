// Signing in: two fields, password managers and pasting welcome.
import { Button, PasswordInput, TextInput } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { getRouteApi, useRouter } from '@tanstack/react-router';
import { type FormEvent, useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { ApiError } from '../../api/client';
import { api } from '../../api/hooks';
import { setPreference } from '../../lib/preferences';
import { Mark } from '../../ui/mark';
import classes from './login-page.module.css';

const route = getRouteApi('/login');

/** Only a path of this site may follow a login. */
export function safeNext(next: string | undefined): string {
  if (!next || !/^\/(?![/\\])/.test(next) || next.startsWith('/login')) return '/';
  return next;
}

function useErrorText(error: unknown): string | undefined {
  const { t } = useTranslation();
  if (!error) return undefined;
  if (!(error instanceof ApiError)) return t('login.failed');
  if (error.status === 401) return t('login.wrong');
  if (error.status === 429) return t('login.throttled', { count: error.retryAfter ?? 60 });
  if (error.status === 0) return t('login.unreachable');
  return t('login.failed');
}

function Language() {
  const { i18n } = useTranslation();
  return (
    <div className={classes.languages}>
      {(['en', 'ro'] as const).map((each) => (
        <button
          key={each}
          type="button"
          lang={each}
          aria-pressed={i18n.language === each}
          onClick={() => setPreference('language', each)}
        >
          {each === 'en' ? 'English' : 'Română'}
        </button>
      ))}
    </div>
  );
}

export function LoginPage() {
  const { t } = useTranslation();
  const { next, reason } = route.useSearch();
  const router = useRouter();
  const queries = useQueryClient();
  const [username, setUsername] = useState('');
  const [password, setPassword] = useState('');
  const passwordField = useRef<HTMLInputElement>(null);
  const login = api.useMutation('post', '/api/auth/login');
  const errorText = useErrorText(login.error);
  useEffect(() => {
    document.title = `${t('login.title')} · Tocsin`;
  }, [t]);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    login.mutate(
      { body: { username: username.trim(), password } },
      {
        onSuccess: () => {
          queries.clear();
          router.history.push(safeNext(next));
        },
        onError: () => {
          setPassword('');
          passwordField.current?.focus();
        },
      },
    );
  };
  return (
    <main className={classes.page}>
      <div className={classes.box}>
        <div className={classes.brand}>
          <Mark size={30} />
          <h1>Tocsin</h1>
        </div>
        {reason && !login.error && (
          <p className={classes.notice} role="status">
            {t(`login.reason.${reason}`)}
          </p>
        )}
        <form onSubmit={submit} className={classes.form}>
          <TextInput
            label={t('login.username')}
            name="username"
            autoComplete="username"
            autoCapitalize="none"
            spellCheck={false}
            required
            withAsterisk={false}
            autoFocus
            maxLength={256}
            value={username}
            onChange={(event) => setUsername(event.currentTarget.value)}
          />
          <PasswordInput
            ref={passwordField}
            label={t('login.password')}
            name="password"
            autoComplete="current-password"
            required
            withAsterisk={false}
            maxLength={1024}
            value={password}
            onChange={(event) => setPassword(event.currentTarget.value)}
            visibilityToggleButtonProps={{ 'aria-label': t('login.show'), tabIndex: 0, size: 24 }}
          />
          <div role="alert" className={classes.error}>
            {errorText}
          </div>
          <Button type="submit" fullWidth loading={login.isPending}>
            {t('login.submit')}
          </Button>
        </form>
        <p className={classes.hint}>{t('login.hint')}</p>
      </div>
      <Language />
    </main>
  );
}
