// The pages and their URLs. The state of a page (filters, open row, range) is part of its URL.
import type { QueryClient } from '@tanstack/react-query';
import {
  createRootRouteWithContext,
  createRoute,
  createRouter,
  lazyRouteComponent,
  type RouterHistory,
  redirect,
} from '@tanstack/react-router';
import { meQuery } from '../api/hooks';
import { alertSearch } from '../features/alerts/alert-search';
import { anomalySearch } from '../features/anomalies/anomaly-search';
import { loginSearch } from '../features/auth/login-search';
import { eventSearch } from '../features/events/event-search';
import { huntSearch } from '../features/hunt/hunt-search';
import { inputsSearch } from '../features/inputs/inputs-search';
import { formatSearch, parseSearch } from '../lib/url-state';
import { Crashed, NotFound } from './not-found';
import { Shell } from './shell';

type Context = { queries: QueryClient };

const root = createRootRouteWithContext<Context>()({ notFoundComponent: NotFound, errorComponent: Crashed });

const login = createRoute({
  getParentRoute: () => root,
  path: '/login',
  validateSearch: loginSearch,
  component: lazyRouteComponent(() => import('../features/auth/login-page'), 'LoginPage'),
});

const signedIn = createRoute({
  getParentRoute: () => root,
  id: 'in',
  component: Shell,
  beforeLoad: async ({ context, location }) => {
    const me = await context.queries.ensureQueryData(meQuery()).catch(() => undefined);
    if (!me) throw redirect({ to: '/login', search: { next: location.href }, replace: true });
    if (!me.permissions.includes('security.view_audit')) {
      throw redirect({ to: '/login', search: { reason: 'no-permission' }, replace: true });
    }
  },
});

const overview = createRoute({
  getParentRoute: () => signedIn,
  path: '/',
  component: lazyRouteComponent(() => import('../features/overview/overview-page'), 'OverviewPage'),
});

const intelligence = createRoute({
  getParentRoute: () => signedIn,
  path: '/security/intelligence',
  beforeLoad: () => {
    throw redirect({ to: '/', replace: true });
  },
});

const alerts = createRoute({
  getParentRoute: () => signedIn,
  path: '/alerts',
  validateSearch: alertSearch,
  component: lazyRouteComponent(() => import('../features/alerts/alerts-page'), 'AlertsPage'),
});

const alert = createRoute({
  getParentRoute: () => alerts,
  path: '$alertId',
  component: lazyRouteComponent(() => import('../features/alerts/alert-panel'), 'AlertPanel'),
});

const anomalies = createRoute({
  getParentRoute: () => signedIn,
  path: '/anomalies',
  validateSearch: anomalySearch,
  component: lazyRouteComponent(() => import('../features/anomalies/anomalies-page'), 'AnomaliesPage'),
});

const anomaly = createRoute({
  getParentRoute: () => anomalies,
  path: '$anomalyId',
  component: lazyRouteComponent(() => import('../features/anomalies/anomaly-panel'), 'AnomalyPanel'),
});

const events = createRoute({
  getParentRoute: () => signedIn,
  path: '/events',
  validateSearch: eventSearch,
  component: lazyRouteComponent(() => import('../features/events/events-page'), 'EventsPage'),
});

const event = createRoute({
  getParentRoute: () => events,
  path: '$eventId',
  component: lazyRouteComponent(() => import('../features/events/event-panel'), 'EventPanel'),
});

const hunt = createRoute({
  getParentRoute: () => signedIn,
  path: '/hunt',
  validateSearch: huntSearch,
  component: lazyRouteComponent(() => import('../features/hunt/hunt-page'), 'HuntPage'),
});

const inputs = createRoute({
  getParentRoute: () => signedIn,
  path: '/inputs',
  validateSearch: inputsSearch,
  component: lazyRouteComponent(() => import('../features/inputs/inputs-page'), 'InputsPage'),
});

const routes = root.addChildren([
  login,
  signedIn.addChildren([
    overview,
    intelligence,
    alerts.addChildren([alert]),
    anomalies.addChildren([anomaly]),
    events.addChildren([event]),
    hunt,
    inputs,
  ]),
]);

export function newRouter(queries: QueryClient, history?: RouterHistory) {
  return createRouter({
    routeTree: routes,
    context: { queries },
    parseSearch,
    stringifySearch: formatSearch,
    defaultPreload: 'intent',
    defaultPreloadStaleTime: 0,
    scrollRestoration: false,
    ...(history ? { history } : {}),
  });
}

export type AppRouter = ReturnType<typeof newRouter>;

declare module '@tanstack/react-router' {
  interface Register {
    router: AppRouter;
  }
}
