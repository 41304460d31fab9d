// Keeping the present hunt under a name; one that has the name is replaced.
import { Button, Modal, TextInput } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { LogText } from '../../ui/log-text';
import { toastDone } from '../../ui/toast';
import type { HuntSearch } from './hunt-search';
import classes from './saved.module.css';
import { useSpanText } from './span-text';
import { type Keeping, keptOf, nameBytes, sameName } from './use-saved';

type Props = { saved: Keeping; search: HuntSearch; onClose: () => void };

/** What is wrong with a name before the server is asked; nothing when it can be one. */
export function useNameCheck() {
  const { t } = useTranslation();
  return (name: string): string | undefined => {
    const long = new TextEncoder().encode(name.trim()).length > nameBytes;
    return long ? t('hunt.saved.error.name') : undefined;
  };
}

function Form({ saved, search, onClose }: Props) {
  const { t } = useTranslation();
  const span = useSpanText();
  const check = useNameCheck();
  const [name, setName] = useState('');
  const [error, setError] = useState<string>();
  const other = name.trim() === '' ? undefined : saved.items.find((each) => sameName(each.name, name));
  const theirs = other && !saved.mayChange(other);
  const wrong = theirs ? t('hunt.saved.error.taken') : (error ?? check(name));
  const fixed = search.from !== undefined || search.to !== undefined;
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (name.trim() === '' || theirs || check(name) || saved.busy) return;
    const failed = await (other
      ? saved.replace(other, keptOf(search))
      : saved.save({ ...keptOf(search), name: name.trim() }));
    if (failed) {
      setError(failed);
      return;
    }
    toastDone(other ? t('hunt.saved.replaced') : t('hunt.saved.done'));
    onClose();
  };
  return (
    <form onSubmit={(event) => void submit(event)} className={classes.form}>
      <TextInput
        label={t('hunt.saved.name')}
        data-autofocus
        required
        maxLength={nameBytes}
        value={name}
        error={wrong}
        onChange={(event) => {
          setName(event.currentTarget.value);
          setError(undefined);
        }}
      />
      <div className={classes.kept}>
        <LogText text={search.q ?? ''} mono />
        <p>{fixed ? t('hunt.saved.fixed') : span(search.range)}</p>
      </div>
      <p className={classes.said} role="status">
        {other && !theirs ? t('hunt.saved.replaces') : ''}
      </p>
      <div className={classes.buttons}>
        <Button variant="default" onClick={onClose}>
          {t('common.cancel')}
        </Button>
        <Button type="submit" loading={saved.busy} disabled={name.trim() === ''}>
          {other && !theirs ? t('hunt.saved.replace') : t('hunt.saved.keep')}
        </Button>
      </div>
    </form>
  );
}

export function SaveDialog({ opened, ...props }: Props & { opened: boolean }) {
  const { t } = useTranslation();
  return (
    <Modal
      opened={opened}
      onClose={props.onClose}
      title={t('hunt.saved.saveTitle')}
      size={480}
      closeButtonProps={{ 'aria-label': t('common.close') }}
    >
      {opened && <Form {...props} />}
    </Modal>
  );
}
