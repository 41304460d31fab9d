// Where a hunt is written. Enter runs it; suggestions come from the server; the part that the server did not understand is
// marked. The text is a plain text area: what marks it lies under it and is hidden from screen readers.
import { Button } from '@mantine/core';
import { Play, Square } from 'lucide-react';
import { type KeyboardEvent, type RefObject, useEffect, useId, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { neutralise } from '../../lib/hostile-text';
import { toUnits } from './hunt-text';
import classes from './query-bar.module.css';
import { Suggestions } from './suggestions';
import { useCompletion } from './use-completion';

/** A part of the text in characters of the server, from 0. */
export type Part = { from: number; length: number };

type Props = {
  text: string;
  onText: (text: string) => void;
  /** What is wrong, of exactly this text. */
  wrong?: Part | undefined;
  describedBy?: string | undefined;
  running: boolean;
  onRun: () => void;
  onStop: () => void;
  inputRef: RefObject<HTMLTextAreaElement | null>;
};

export function QueryBar(props: Props) {
  const { text, onText, wrong, describedBy, running, onRun, onStop, inputRef } = props;
  const { t } = useTranslation();
  const id = useId();
  const { items, ask, close } = useCompletion();
  const [at, setAt] = useState(-1);
  const open = items.length > 0;
  // biome-ignore lint/correctness/useExhaustiveDependencies: nothing is chosen in a new list
  useEffect(() => setAt(-1), [items]);

  const accept = (index: number) => {
    const item = items[index];
    const input = inputRef.current;
    if (!item || !input) return;
    const next = text.slice(0, item.from) + item.text + text.slice(item.to);
    const cursor = item.from + item.text.length;
    onText(next);
    close();
    requestAnimationFrame(() => {
      input.focus();
      input.setSelectionRange(cursor, cursor);
      // a field or a function wants something behind it
      if (/[=:(,\s]$/.test(item.text)) ask(next, cursor);
    });
  };
  const onKeyDown = (event: KeyboardEvent<HTMLTextAreaElement>) => {
    if (event.nativeEvent.isComposing) return;
    const move = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
    if (open && move) setAt((at + move + items.length + (at < 0 && move < 0 ? 1 : 0)) % items.length);
    else if (open && event.key === 'Tab' && !event.shiftKey) accept(Math.max(0, at));
    else if (open && event.key === 'Enter' && at >= 0) accept(at);
    else if (open && event.key === 'Escape') close();
    else if (event.key === ' ' && event.ctrlKey) ask(text, event.currentTarget.selectionStart);
    else if (event.key === 'Enter' && !event.shiftKey) {
      close();
      onRun();
    } else return;
    event.preventDefault();
  };
  return (
    <search className={classes.bar} aria-label={t('hunt.title')}>
      <div className={classes.field}>
        <Mirror text={text} wrong={wrong} />
        <textarea
          ref={inputRef}
          className={classes.input}
          rows={1}
          value={text}
          maxLength={16_384}
          spellCheck={false}
          autoComplete="off"
          autoCapitalize="off"
          aria-label={t('hunt.query')}
          placeholder={t('hunt.placeholder')}
          aria-autocomplete="list"
          aria-haspopup="listbox"
          aria-controls={open ? `${id}-list` : undefined}
          aria-activedescendant={open && at >= 0 ? `${id}-${at}` : undefined}
          aria-invalid={wrong !== undefined || undefined}
          aria-describedby={describedBy ? `${describedBy} ${id}-hint` : `${id}-hint`}
          onChange={(event) => {
            onText(event.currentTarget.value);
            ask(event.currentTarget.value, event.currentTarget.selectionStart);
          }}
          onKeyDown={onKeyDown}
          onBlur={close}
        />
        {open && <Suggestions id={id} items={items} at={at} onAt={setAt} onAccept={accept} />}
        <span id={`${id}-hint`} className="visually-hidden">
          {t('hunt.keys')}
        </span>
        <span className="visually-hidden" role="status">
          {open ? t('hunt.suggestions', { count: items.length }) : ''}
        </span>
      </div>
      {running ? (
        <Button variant="default" leftSection={<Square size={13} aria-hidden="true" />} onClick={onStop}>
          {t('hunt.stop')}
        </Button>
      ) : (
        <Button leftSection={<Play size={14} aria-hidden="true" />} onClick={onRun}>
          {t('hunt.run')}
        </Button>
      )}
    </search>
  );
}

/** The same text once more, to give the field its height and to mark what is wrong. */
function Mirror({ text, wrong }: { text: string; wrong: Part | undefined }) {
  const from = wrong ? toUnits(text, wrong.from) : text.length;
  const to = wrong ? toUnits(text, wrong.from + Math.max(1, wrong.length)) : text.length;
  return (
    <div className={classes.mirror} aria-hidden="true">
      {text.slice(0, from)}
      {wrong && <mark data-end={from >= text.length || undefined}>{text.slice(from, to) || '\u00a0'}</mark>}
      {text.slice(to)}
      {'\u200b'}
    </div>
  );
}

/** The part in words, for what is said about it. */
export function partText(text: string, part: Part): string {
  return neutralise(text.slice(toUnits(text, part.from), toUnits(text, part.from + part.length)));
}
