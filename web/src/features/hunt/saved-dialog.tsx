// All saved searches: found by a word, opened, replaced by the present hunt, renamed, deleted, and brought back.
import { Button, Modal, TextInput } from '@mantine/core';
import { Search } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { HuntSearch } from './hunt-search';
import classes from './saved.module.css';
import { SavedRow } from './saved-row';
import type { Keeping, Saved } from './use-saved';

type Props = {
  saved: Keeping;
  /** The present hunt, where there is one to be kept. */
  search: HuntSearch | undefined;
  onClose: () => void;
  onOpen: (saved: Saved) => void;
};

function Body({ saved, search, onOpen }: Props) {
  const { t } = useTranslation();
  const [words, setWords] = useState('');
  // what was deleted stays in its place, with the way back, until the dialog is closed
  const [gone, setGone] = useState<Saved[]>([]);
  const there = new Set(saved.items.map(({ id }) => id));
  const all = [...saved.items, ...gone.filter(({ id }) => !there.has(id))].sort((a, b) =>
    a.name.localeCompare(b.name),
  );
  const fits = ({ name, q }: Saved) => `${name}\n${q}`.toLowerCase().includes(words.trim().toLowerCase());
  const shown = all.filter(fits);
  if (saved.failed)
    return (
      <p className={classes.said}>
        {t('hunt.saved.failed')}{' '}
        <Button variant="subtle" data-size="compact" onClick={saved.retry}>
          {t('common.retry')}
        </Button>
      </p>
    );
  return (
    <>
      {all.length > 7 && (
        <TextInput
          type="search"
          size="xs"
          data-autofocus
          aria-label={t('hunt.saved.find')}
          placeholder={t('hunt.saved.find')}
          leftSection={<Search size={15} aria-hidden="true" />}
          value={words}
          onChange={(event) => setWords(event.currentTarget.value)}
        />
      )}
      {all.length === 0 && (
        <p className={classes.said}>{saved.known ? t('hunt.saved.none') : t('hunt.saved.loading')}</p>
      )}
      {all.length > 0 && shown.length === 0 && <p className={classes.said}>{t('hunt.saved.noneFound')}</p>}
      <ul className={classes.list}>
        {shown.map((each) => (
          <SavedRow
            key={each.id}
            saved={each}
            gone={gone.includes(each) && !there.has(each.id)}
            keeping={saved}
            search={search}
            onOpen={onOpen}
            onGone={() => setGone([...gone, each])}
            onBack={() => setGone(gone.filter((other) => other !== each))}
          />
        ))}
      </ul>
    </>
  );
}

export function SavedDialog({ opened, ...props }: Props & { opened: boolean }) {
  const { t } = useTranslation();
  return (
    <Modal
      opened={opened}
      onClose={props.onClose}
      title={t('hunt.saved.title')}
      size={720}
      closeButtonProps={{ 'aria-label': t('common.close') }}
    >
      {opened && <Body {...props} />}
    </Modal>
  );
}
