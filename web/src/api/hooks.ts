// Server state: every query and command of the pages, on TanStack Query.
import { QueryClient } from '@tanstack/react-query';
import createHooks from 'openapi-react-query';
import { ApiError, client } from './client';

export const api = createHooks(client);

export function newQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        // lists are refreshed by the reader or by the live stream, never under the cursor
        refetchOnWindowFocus: false,
        refetchOnReconnect: false,
        staleTime: 5_000,
        retry: (count, error) => {
          const status = error instanceof ApiError ? error.status : 0;
          return count < 2 && (status === 0 || status === 429 || status >= 500);
        },
        retryDelay: (count, error) => {
          const wait = error instanceof ApiError ? error.retryAfter : undefined;
          return wait ? Math.min(wait, 30) * 1000 : 400 * 2 ** count;
        },
      },
      mutations: { retry: false },
    },
  });
}

export const meQuery = () => api.queryOptions('get', '/api/auth/me', {}, { staleTime: 60_000 });
export const dashboardQuery = () => api.queryOptions('get', '/api/siem/dashboard', {});

/** Whether the caller holds a permission; false until that is known. */
export function useMay(permission: 'security.view_audit' | 'security.manage'): boolean {
  const { data } = api.useQuery('get', '/api/auth/me', {}, { staleTime: 60_000 });
  return data?.permissions.includes(permission) ?? false;
}
