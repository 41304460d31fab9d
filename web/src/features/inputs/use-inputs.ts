// What the pages of inputs, sources, senders and tokens read and do.
import { useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { ApiError, type Schemas } from '../../api/client';
import { api } from '../../api/hooks';
import { toastDone, toastFailed } from '../../ui/toast';

export type Input = Schemas['InputHealth'];
export type Source = Schemas['SourceHealth'];
export type Sending = Schemas['SenderHealth'];
export type Token = Schemas['Token'];
export type Flow = Schemas['Flow'];

/** What comes in changes by itself: it is asked for again while somebody looks. */
const again = { refetchInterval: 5000 };

export const useInputList = () => api.useQuery('get', '/api/siem/inputs', {}, again);
export const useSourceList = () => api.useQuery('get', '/api/siem/sources', {}, again);
export const useSenderList = () => api.useQuery('get', '/api/siem/senders', {}, again);

export function useTokenList() {
  const query = api.useInfiniteQuery(
    'get',
    '/api/siem/tokens',
    { params: { query: { limit: 100 } } },
    {
      pageParamName: 'cursor',
      initialPageParam: null,
      getNextPageParam: (page: Schemas['TokenList']) => page.next ?? undefined,
    },
  );
  const tokens = query.data?.pages.flatMap((page) => page.items) ?? [];
  return { ...query, tokens, total: query.data?.pages[0]?.total ?? null };
}

export function useTestEvent(onSent: (id: string) => void) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const send = api.useMutation('post', '/api/siem/inputs/test');
  return {
    busy: send.isPending,
    send: () =>
      send.mutate(
        {},
        {
          onSuccess: ({ id }) => {
            toastDone(t('inputs.testSent'));
            void queries.invalidateQueries({ queryKey: ['get', '/api/siem/logs'] });
            onSent(id);
          },
          onError: () => toastFailed(t('inputs.testFailed')),
        },
      ),
  };
}

export function useTokens() {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const issue = api.useMutation('post', '/api/siem/tokens');
  const revoke = api.useMutation('delete', '/api/siem/tokens/{id}');
  const reload = () => queries.invalidateQueries({ queryKey: ['get', '/api/siem/tokens'] });
  return {
    busy: issue.isPending || revoke.isPending,
    issue: (name: string, scope: Schemas['Scope'], done: (token: string) => void) =>
      issue.mutate(
        { body: { name, scope } },
        {
          onSuccess: (made) => {
            void reload();
            done(made.token);
          },
          onError: () => toastFailed(t('inputs.token.failed')),
        },
      ),
    revoke: (id: string, done: () => void) =>
      revoke.mutate(
        { params: { path: { id } } },
        {
          onSuccess: () => {
            void reload();
            toastDone(t('inputs.token.revoked'));
            done();
          },
          onError: (error) => {
            const gone = error instanceof ApiError && error.status === 404;
            toastFailed(gone ? t('inputs.token.gone') : t('inputs.token.revokeFailed'));
            if (gone) void reload();
            done();
          },
        },
      ),
  };
}
