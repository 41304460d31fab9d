// Renders the whole app at a URL, against a small server of its own.
import { createMemoryHistory } from '@tanstack/react-router';
import { render } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { newQueryClient } from '../api/hooks';
import { Providers } from '../app/providers';
import { newRouter } from '../app/router';
import { type Language, startI18n } from '../i18n';
import { setPreference } from '../lib/preferences';
import { someEvents } from './factories';
import { handlers, newWorld } from './handlers';
import { server } from './server';

type World = ReturnType<typeof newWorld>;

export async function renderApp(path: string, options: { world?: Partial<World>; language?: Language } = {}) {
  const world = newWorld({ events: someEvents(12), ...options.world });
  server.use(...handlers(world));
  const language = options.language ?? 'en';
  setPreference('language', language);
  setPreference('shortcuts', 'on');
  const i18n = await startI18n(language);
  const queries = newQueryClient();
  queries.setDefaultOptions({ queries: { ...queries.getDefaultOptions().queries, retry: false } });
  const router = newRouter(queries, createMemoryHistory({ initialEntries: [path] }));
  const view = render(<Providers i18n={i18n} queries={queries} router={router} />);
  return { ...view, world, router, queries, i18n, user: userEvent.setup() };
}
