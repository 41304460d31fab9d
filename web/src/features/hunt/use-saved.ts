// Hunts that people keep under a name: the list, and what can be done with it.
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { ApiError, client, type Schemas } from '../../api/client';
import { api, meQuery, useMay } from '../../api/hooks';
import { chosenColumns, type HuntSearch } from './hunt-search';

export type Saved = Schemas['SavedSearch'];
export type Kept = Schemas['SavedSearchRequest'];

const path = '/api/siem/searches';
const one = '/api/siem/searches/{id}';
/** The most that there may be, and the most bytes of a name. */
const mostSaved = 500;
export const nameBytes = 100;

/** What is kept of the state of the page; fixed moments are not. */
export function keptOf(search: HuntSearch): Omit<Kept, 'name'> {
  const columns = chosenColumns(search);
  const fixed = search.from !== undefined || search.to !== undefined;
  return {
    q: search.q ?? '',
    ...(search.range && !fixed ? { span: search.range } : {}),
    ...(columns ? { columns } : {}),
  };
}

/** The state of the page that a saved search opens. */
export function openedBy({ q, span, columns }: Saved): HuntSearch {
  return { q, range: span, columns: columns?.join(',') };
}

export const sameName = (a: string, b: string) => a.trim().toLowerCase() === b.trim().toLowerCase();

const kept = ({ name, q, span, columns }: Saved): Kept => ({
  name,
  q,
  ...(span ? { span } : {}),
  ...(columns ? { columns } : {}),
});

type Cause = 'taken' | 'full' | 'denied' | 'gone' | 'name' | 'hunt' | 'failed';

/** Why it was not done. The server says conflict for a name that is taken and for a list that is full. */
function causeOf(error: unknown, count: number): Cause {
  if (!(error instanceof ApiError)) return 'failed';
  if (error.status === 409) return count >= mostSaved ? 'full' : 'taken';
  if (error.status === 403) return 'denied';
  if (error.status === 404) return 'gone';
  if (error.status !== 400) return 'failed';
  return error.field === 'name' ? 'name' : 'hunt';
}

export function useSaved() {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const { data, isError, refetch } = api.useQuery('get', path, {}, { staleTime: 30_000 });
  const { data: me } = api.useQuery('get', meQuery().queryKey[1], {}, { staleTime: 60_000 });
  const manages = useMay('security.manage');
  const [busy, setBusy] = useState(false);
  const items = data?.items ?? [];

  /** Does one thing after the other; gives what went wrong in words, nothing when it was done. */
  const work = async (run: () => Promise<unknown>): Promise<string | undefined> => {
    setBusy(true);
    try {
      await run();
      return undefined;
    } catch (error) {
      return t(`hunt.saved.error.${causeOf(error, items.length)}`);
    } finally {
      setBusy(false);
      await queries.invalidateQueries({ queryKey: ['get', path] });
    }
  };
  return {
    items,
    known: data !== undefined,
    failed: isError,
    retry: () => void refetch(),
    busy,
    /** Who saved it may change it, and who manages. */
    mayChange: (saved: Saved) => manages || saved.created_by === me?.username,
    save: (body: Kept) => work(() => client.POST(path, { body })),
    replace: (saved: Saved, body: Omit<Kept, 'name'>) =>
      work(() =>
        client.PUT(one, { params: { path: { id: saved.id } }, body: { ...body, name: saved.name } }),
      ),
    rename: (saved: Saved, name: string) =>
      work(() => client.PUT(one, { params: { path: { id: saved.id } }, body: { ...kept(saved), name } })),
    remove: (saved: Saved) => work(() => client.DELETE(one, { params: { path: { id: saved.id } } })),
    restore: (saved: Saved) => work(() => client.POST(path, { body: kept(saved) })),
  };
}
export type Keeping = ReturnType<typeof useSaved>;
