// Asking all events a question: the hunt, its answer, and the ways from one question to the next. The whole state is in the URL.
import { Button } from '@mantine/core';
import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { ApiError } from '../../api/client';
import { useHotkeys } from '../../lib/keyboard-context';
import { useStable } from '../../lib/use-stable';
import { ListLayout } from '../../ui/list-layout';
import { Page } from '../../ui/page';
import { useRowKeys } from '../../ui/row-keys';
import { EmptyState, ErrorState } from '../../ui/state';
import { TimeRange } from '../../ui/time-range';
import { Asking } from './asking';
import { Examples } from './examples';
import { FixedNow } from './fixed-now';
import { HuntActions } from './hunt-actions';
import { ends, hasStages } from './hunt-answer';
import classes from './hunt-page.module.css';
import { HuntPanel } from './hunt-panel';
import { HuntResults } from './hunt-results';
import { type HuntSearch, ranges, shownColumns } from './hunt-search';
import { HuntTail } from './hunt-tail';
import { condition, withCondition } from './hunt-text';
import { PivotProvider } from './pivot';
import { useHunt, useHuntQuery } from './use-hunt';

const route = getRouteApi('/in/hunt');
const around = 5 * 60_000;

export function HuntPage() {
  const { t } = useTranslation();
  const search = route.useSearch();
  const navigate = useNavigate();
  const input = useRef<HTMLTextAreaElement>(null);
  const table = useRef<HTMLTableElement>(null);
  const asked = search.q ?? '';
  const { query, at, ahead, again } = useHuntQuery(search);
  const hunt = useHunt(query);
  const live = search.live === true;
  const [paused, setPaused] = useState(false);

  const { row: _row, tab: _tab, ...kept } = search;
  const go = (next: HuntSearch) => {
    ahead(next);
    void navigate({ to: '/hunt', search: next });
  };
  const set = useStable((change: Partial<HuntSearch>) => go({ ...search, ...change }));
  const run = (next: string) => {
    const q = next.trim() || '*';
    if (q === asked) again();
    else go({ ...kept, q });
  };
  const open = (row: string) => set({ row });
  const onCondition = useStable((field: string, value: string, not: boolean) =>
    run(withCondition(asked, field, value, not)),
  );
  useRowKeys({ table, selectedId: search.row, onMove: open });
  useHotkeys({
    '/': () => input.current?.focus(),
    ...(live ? { p: () => setPaused(!paused) } : { '.': () => asked && run(asked) }),
  });
  // biome-ignore lint/correctness/useExhaustiveDependencies: once, where there is nothing to read yet
  useEffect(() => {
    if (!asked) input.current?.focus();
  }, []);

  const error = hunt.error instanceof ApiError ? hunt.error : undefined;
  const refused = error?.status === 400 ? error : undefined;
  const answer = hunt.isPlaceholderData ? undefined : hunt.first;
  const why =
    answer && (hasStages(answer) ? t('hunt.tail.staged') : ends(answer) ? t('hunt.tail.ends') : undefined);
  const goLive = (on: boolean) => set({ live: on || undefined, row: undefined, tab: undefined });
  return (
    <PivotProvider
      actions={{
        onCondition,
        onOnly: (field, value) => run(condition(field, value)),
        onAround: (time) =>
          set({
            range: undefined,
            from: new Date(Date.parse(time) - around).toISOString(),
            to: new Date(Date.parse(time) + around).toISOString(),
          }),
      }}
    >
      <ListLayout
        list={
          <Page
            title={t('hunt.title')}
            actions={
              <HuntActions
                search={search}
                query={query}
                at={at}
                answer={answer}
                why={why}
                onLive={goLive}
                onOpen={go}
              />
            }
            below={
              <>
                <Asking
                  asked={asked}
                  refused={refused}
                  running={hunt.isFetching && !hunt.isFetchingNextPage}
                  onRun={run}
                  onStop={hunt.stop}
                  inputRef={input}
                />
                {!live && (
                  <div className={classes.time}>
                    <TimeRange
                      ranges={ranges}
                      value={search}
                      onChange={(change) => set({ ...change, now: undefined })}
                    />
                    {search.now && <FixedNow now={search.now} onNow={() => set({ now: undefined })} />}
                  </div>
                )}
              </>
            }
          >
            {!asked || refused ? (
              <Examples onRun={(example) => run(example)} />
            ) : hunt.stopped ? (
              <EmptyState
                title={t('hunt.stopped')}
                actions={
                  <Button variant="default" onClick={() => run(asked)}>
                    {t('hunt.runAgain')}
                  </Button>
                }
              >
                {t('hunt.stoppedText')}
              </EmptyState>
            ) : hunt.error && (!hunt.first || hunt.isPlaceholderData) ? (
              <ErrorState
                title={error?.code === 'too_slow' ? t('hunt.tooSlow') : t('hunt.failed')}
                detail={error?.code === 'too_slow' ? t('hunt.tooSlowText') : t('common.failedText')}
                onRetry={() => run(asked)}
              />
            ) : live ? (
              // not before the server has understood the hunt: a stream cannot say what is wrong
              answer && (
                <HuntTail
                  hunt={query.q}
                  why={why}
                  onLive={goLive}
                  names={shownColumns(search, hunt.first)}
                  paused={paused}
                  onPaused={setPaused}
                  search={search}
                  tableRef={table}
                  onOpen={open}
                />
              )
            ) : (
              <HuntResults
                hunt={hunt}
                query={query}
                at={at}
                search={search}
                tableRef={table}
                onChange={set}
                onCondition={onCondition}
              />
            )}
          </Page>
        }
        panel={
          asked &&
          search.row && (
            <HuntPanel
              id={search.row}
              tab={search.tab ?? 'fields'}
              onTab={(tab) =>
                void navigate({
                  to: '/hunt',
                  search: { ...search, tab: tab === 'fields' ? undefined : tab },
                  replace: true,
                })
              }
              onClose={() => void navigate({ to: '/hunt', search: kept })}
            />
          )
        }
      />
    </PivotProvider>
  );
}
