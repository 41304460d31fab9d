// One saved search: what it is, whose, and what can be done with it.
import { Button, TextInput } from '@mantine/core';
import { Pencil, Replace, Trash2 } from 'lucide-react';
import { type FormEvent, useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { neutralise } from '../../lib/hostile-text';
import { IconButton } from '../../ui/icon-button';
import { LogText } from '../../ui/log-text';
import { TimeText } from '../../ui/time-text';
import type { HuntSearch } from './hunt-search';
import { useNameCheck } from './save-dialog';
import classes from './saved.module.css';
import { useSpanText } from './span-text';
import { type Keeping, keptOf, nameBytes, type Saved } from './use-saved';

type Props = {
  saved: Saved;
  gone: boolean;
  keeping: Keeping;
  search: HuntSearch | undefined;
  onOpen: (saved: Saved) => void;
  onGone: () => void;
  onBack: () => void;
};

export function SavedRow(props: Props) {
  const { saved, gone, keeping, search, onOpen, onGone, onBack } = props;
  const { t } = useTranslation();
  const span = useSpanText();
  const [renaming, setRenaming] = useState(false);
  const [said, setSaid] = useState<{ text: string; wrong: boolean }>();
  const rename = useRef<HTMLButtonElement>(null);
  const name = { name: neutralise(saved.name) };
  const done = (failed: string | undefined, text = '') => {
    setSaid(failed ? { text: failed, wrong: true } : text ? { text, wrong: false } : undefined);
    return failed === undefined;
  };
  const replace = async () => {
    if (search) done(await keeping.replace(saved, keptOf(search)), t('hunt.saved.replaced'));
  };
  const remove = async () => {
    if (done(await keeping.remove(saved))) onGone();
  };
  const restore = async () => {
    if (done(await keeping.restore(saved))) onBack();
  };
  const stopRenaming = () => {
    setRenaming(false);
    requestAnimationFrame(() => rename.current?.focus());
  };
  const note = said && (
    <p className={classes.said} data-wrong={said.wrong || undefined} role={said.wrong ? 'alert' : 'status'}>
      {said.text}
    </p>
  );
  if (gone)
    return (
      <li className={classes.row}>
        <Undo text={t('hunt.saved.deleted', name)} busy={keeping.busy} onUndo={() => void restore()} />
        {note}
      </li>
    );
  if (renaming)
    return (
      <li className={classes.row}>
        <Rename saved={saved} keeping={keeping} onEnd={stopRenaming} />
      </li>
    );
  return (
    <li className={classes.row}>
      <button type="button" className={classes.open} onClick={() => onOpen(saved)}>
        <span className={classes.name}>
          <LogText text={saved.name} />
        </span>
        <span className={classes.text}>
          <LogText text={saved.q} mono />
        </span>
      </button>
      <p className={classes.about}>
        {span(saved.span)} · <LogText text={saved.created_by} /> ·{' '}
        <TimeText time={saved.updated_at} form="relative" />
      </p>
      {keeping.mayChange(saved) ? (
        <div className={classes.tools}>
          {search && (
            <IconButton
              label={t('hunt.saved.replaceThis', name)}
              disabled={keeping.busy}
              onClick={() => void replace()}
            >
              <Replace size={15} aria-hidden="true" />
            </IconButton>
          )}
          <IconButton
            ref={rename}
            label={t('hunt.saved.rename', name)}
            disabled={keeping.busy}
            onClick={() => setRenaming(true)}
          >
            <Pencil size={15} aria-hidden="true" />
          </IconButton>
          <IconButton
            label={t('hunt.saved.delete', name)}
            disabled={keeping.busy}
            onClick={() => void remove()}
          >
            <Trash2 size={15} aria-hidden="true" />
          </IconButton>
        </div>
      ) : (
        <p className={classes.theirs}>{t('hunt.saved.theirs')}</p>
      )}
      {note}
    </li>
  );
}

function Undo({ text, busy, onUndo }: { text: string; busy: boolean; onUndo: () => void }) {
  const { t } = useTranslation();
  const button = useRef<HTMLButtonElement>(null);
  // the button that was pressed is gone: the way back is the next thing to press
  useEffect(() => button.current?.focus(), []);
  return (
    <div className={classes.gone}>
      <span role="status">{text}</span>
      <Button ref={button} variant="default" data-size="compact" loading={busy} onClick={onUndo}>
        {t('hunt.saved.undo')}
      </Button>
    </div>
  );
}

function Rename({ saved, keeping, onEnd }: { saved: Saved; keeping: Keeping; onEnd: () => void }) {
  const { t } = useTranslation();
  const check = useNameCheck();
  const [name, setName] = useState(saved.name);
  const [error, setError] = useState<string>();
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => input.current?.select(), []);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (name.trim() === '' || check(name) || keeping.busy) return;
    const failed = name.trim() === saved.name ? undefined : await keeping.rename(saved, name.trim());
    if (failed) setError(failed);
    else onEnd();
  };
  return (
    <form className={classes.rename} onSubmit={(event) => void submit(event)}>
      <TextInput
        ref={input}
        size="xs"
        aria-label={t('hunt.saved.name')}
        maxLength={nameBytes}
        value={name}
        error={error ?? check(name)}
        onChange={(event) => {
          setName(event.currentTarget.value);
          setError(undefined);
        }}
        // Esc is for the name alone, not also for the dialog
        data-mantine-stop-propagation="true"
        onKeyDown={(event) => event.key === 'Escape' && onEnd()}
      />
      <Button type="submit" data-size="compact" loading={keeping.busy} disabled={name.trim() === ''}>
        {t('hunt.saved.keep')}
      </Button>
      <Button variant="default" data-size="compact" onClick={onEnd}>
        {t('common.cancel')}
      </Button>
    </form>
  );
}
