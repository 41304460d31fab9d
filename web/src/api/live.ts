// What the live stream brought: health goes straight into the query cache, changes of known alerts and anomalies
// are patched where they stand, and new ones wait here until the reader loads them.
import type { InfiniteData, QueryClient } from '@tanstack/react-query';
import { useSyncExternalStore } from 'react';
import { client, type Schemas } from './client';
import { dashboardQuery } from './hooks';
import { type Connection, openStream } from './stream';

type Alert = Schemas['Alert'];
type Anomaly = Schemas['Anomaly'];
type Page<T> = { items: T[]; next: string | null; total: number | null };

export type Live = {
  connection: Connection;
  newAlerts: ReadonlyMap<string, Alert>;
  newAnomalies: ReadonlyMap<string, Anomaly>;
  /** The latest new critical alert; the bell swings when it changes. */
  critical: Alert | undefined;
  /** Ingest rates of the last minutes, oldest first. */
  rates: readonly number[];
};

const empty: Live = {
  connection: 'connecting',
  newAlerts: new Map(),
  newAnomalies: new Map(),
  critical: undefined,
  rates: [],
};
const mostWaiting = 500;
const mostRates = 90;

let state: Live = empty;
const listeners = new Set<() => void>();

function set(change: Partial<Live>): void {
  state = { ...state, ...change };
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function useLive(): Live {
  return useSyncExternalStore(subscribe, () => state);
}

export function resetLive(): void {
  set(empty);
}

/** The reader has loaded the list: nothing waits any more. */
export function clearWaiting(kind: 'newAlerts' | 'newAnomalies'): void {
  if (state[kind].size > 0) set({ [kind]: new Map() });
}

function withItem<T>(items: ReadonlyMap<string, T>, id: string, item: T): ReadonlyMap<string, T> {
  const next = new Map(items);
  next.set(id, item);
  const oldest = next.keys().next().value;
  if (next.size > mostWaiting && oldest !== undefined) next.delete(oldest);
  return next;
}

/** Replaces an item in every loaded list, in its place; returns whether it was in one. */
export function patchLists<T extends { id: string }>(queries: QueryClient, path: string, item: T): boolean {
  let known = false;
  const patch = (page: Page<T>): Page<T> => {
    if (!page.items.some((other) => other.id === item.id)) return page;
    known = true;
    return { ...page, items: page.items.map((other) => (other.id === item.id ? item : other)) };
  };
  queries.setQueriesData<InfiniteData<Page<T>>>({ queryKey: ['get', path] }, (data) =>
    data && 'pages' in data ? { ...data, pages: data.pages.map(patch) } : data,
  );
  return known;
}

function onAlert(queries: QueryClient, alert: Alert): void {
  const known = patchLists(queries, '/api/siem/alerts', alert);
  void queries.invalidateQueries({
    predicate: ({ queryKey }) =>
      queryKey[1] === '/api/siem/alerts/{id}' && JSON.stringify(queryKey).includes(`"${alert.id}"`),
  });
  if (alert.status === 'resolved') {
    const next = new Map(state.newAlerts);
    if (next.delete(alert.id)) set({ newAlerts: next });
    return;
  }
  if (known) return;
  const first = !state.newAlerts.has(alert.id);
  set({
    newAlerts: withItem(state.newAlerts, alert.id, alert),
    ...(first && alert.severity === 'critical' && alert.status === 'active' ? { critical: alert } : {}),
  });
}

function onAnomaly(queries: QueryClient, anomaly: Anomaly): void {
  const known = patchLists(queries, '/api/siem/anomalies', anomaly);
  queries.setQueryData(
    ['get', '/api/siem/anomalies/{id}', { params: { path: { id: anomaly.id } } }],
    (old: Anomaly | undefined) => (old ? anomaly : old),
  );
  if (known || anomaly.status === 'resolved') return;
  set({ newAnomalies: withItem(state.newAnomalies, anomaly.id, anomaly) });
}

function onHealth(queries: QueryClient, dashboard: Schemas['Dashboard']): void {
  queries.setQueryData(dashboardQuery().queryKey, dashboard);
  set({ rates: [...state.rates, dashboard.ingest.rate].slice(-mostRates) });
}

function refetchAll(queries: QueryClient): void {
  void queries.invalidateQueries({
    predicate: ({ queryKey }) => String(queryKey[1]).startsWith('/api/siem/'),
  });
}

/** Connects the stream to the query cache; the returned function ends it. */
export function connectLive(queries: QueryClient, onEnded: () => void): () => void {
  return openStream({
    url: '/api/siem/stream',
    on: {
      alert: (data) => onAlert(queries, data as Alert),
      anomaly: (data) => onAnomaly(queries, data as Anomaly),
      health: (data) => onHealth(queries, data as Schemas['Dashboard']),
      dropped: () => refetchAll(queries),
    },
    onConnection: (connection) => {
      set({ connection });
      // an EventSource cannot tell why it was refused: asking who we are leads away when the session is over
      if (connection === 'lost') void client.GET('/api/auth/me').catch(() => undefined);
      if (connection === 'ended') onEnded();
    },
    onReturn: () => refetchAll(queries),
  });
}
