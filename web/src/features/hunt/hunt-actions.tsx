// What can be done with a hunt as a whole: keep it under a name or as a file, follow it live, share it.

import { Button } from '@mantine/core';
import { Link2 } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { exportEvents, exportLimit } from '../../api/export';
import { formatSearch } from '../../lib/url-state';
import { copyAndSay } from '../../ui/copy';
import { ExportMenu } from '../../ui/export-menu';
import { TailButton } from '../../ui/live-tail';
import { type Answer, hasStages } from './hunt-answer';
import { frozen, type HuntQuery, type HuntSearch } from './hunt-search';
import { SavedMenu } from './saved-menu';
import { tableFile, tableLimit } from './table-file';

type Props = {
  search: HuntSearch;
  query: HuntQuery;
  at: number;
  /** The answer to exactly this; undefined until it is there. */
  answer: Answer | undefined;
  /** Why the hunt cannot be followed live. */
  why: string | undefined;
  onLive: (live: boolean) => void;
  onOpen: (search: HuntSearch) => void;
};

export function HuntActions({ search, query, at, answer, why, onLive, onOpen }: Props) {
  const { t } = useTranslation();
  const live = search.live === true;
  const staged = answer !== undefined && hasStages(answer);
  const copyLink = async () => {
    const link = `${location.origin}/hunt${formatSearch(frozen(search, query, at))}`;
    await copyAndSay(link, t('hunt.linkCopied'));
  };
  const { q: hunt, ...times } = query;
  const saved = <SavedMenu search={search} keepable={answer !== undefined} onOpen={onOpen} />;
  if (!search.q) return saved;
  return (
    <>
      {saved}
      {!live && (
        <ExportMenu
          {...(staged
            ? {
                of: 'rows',
                limit: tableLimit,
                run: (format) => Promise.resolve(tableFile(answer, format, Date.now())),
              }
            : {
                of: 'events',
                limit: exportLimit,
                run: (format, signal, onRows) => exportEvents({ hunt, ...times }, format, signal, onRows),
              })}
          disabled={answer === undefined || answer.rows.length === 0}
          wrong={t('hunt.error.other')}
        />
      )}
      {(live || answer) && <TailButton live={live} onLive={onLive} why={why} />}
      <Button
        variant="default"
        leftSection={<Link2 size={15} aria-hidden="true" />}
        title={t('hunt.linkText')}
        onClick={() => void copyLink()}
      >
        {t('common.copyLink')}
      </Button>
    </>
  );
}
