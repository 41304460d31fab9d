// Everything the pages stand on: theme, texts, server state, keyboard, toasts, routes.
import { MantineProvider } from '@mantine/core';
import { Notifications } from '@mantine/notifications';
import { type QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import type { i18n as I18n } from 'i18next';
import { useEffect, useSyncExternalStore } from 'react';
import { I18nextProvider } from 'react-i18next';
import { onRefused } from '../api/client';
import { type Language, loadLanguage } from '../i18n';
import { KeyboardProvider } from '../lib/keyboard-context';
import { usePreferences } from '../lib/preferences';
import { resolver, theme } from '../ui/theme';
import type { AppRouter } from './router';

const darkQuery = '(prefers-color-scheme: dark)';

function useScheme(): 'light' | 'dark' {
  const choice = usePreferences().theme;
  const systemDark = useSyncExternalStore(
    (listener) => {
      const media = matchMedia(darkQuery);
      media.addEventListener('change', listener);
      return () => media.removeEventListener('change', listener);
    },
    () => matchMedia(darkQuery).matches,
  );
  if (choice !== 'system') return choice;
  return systemDark ? 'dark' : 'light';
}

function useLanguage(i18n: I18n, language: Language): void {
  useEffect(() => {
    if (i18n.language !== language) void loadLanguage(i18n, language);
  }, [i18n, language]);
}

/** Leads away whoever is not signed in (401) or may not see this (403), and remembers where they were. */
function useLeadAway(router: AppRouter, queries: QueryClient): void {
  useEffect(() => {
    onRefused((status) => {
      const { pathname, href } = router.state.location;
      if (pathname === '/login') return;
      queries.clear();
      const search = status === 403 ? { reason: 'no-permission' as const } : { next: href };
      void router.navigate({ to: '/login', search, replace: true });
    });
  }, [router, queries]);
}

export function Providers({
  i18n,
  queries,
  router,
}: {
  i18n: I18n;
  queries: QueryClient;
  router: AppRouter;
}) {
  const { language, density } = usePreferences();
  const scheme = useScheme();
  useLanguage(i18n, language);
  useLeadAway(router, queries);
  useEffect(() => {
    document.documentElement.dataset.density = density;
  }, [density]);
  return (
    <I18nextProvider i18n={i18n}>
      <MantineProvider theme={theme} cssVariablesResolver={resolver} forceColorScheme={scheme}>
        <QueryClientProvider client={queries}>
          <KeyboardProvider>
            <RouterProvider router={router} />
            <Notifications position="bottom-right" autoClose={5000} limit={4} containerWidth={380} />
          </KeyboardProvider>
        </QueryClientProvider>
      </MantineProvider>
    </I18nextProvider>
  );
}
