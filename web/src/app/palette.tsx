// Ctrl/⌘-K: every page and setting by name, and a search for whatever else was typed.
import { Modal, TextInput } from '@mantine/core';
import { useNavigate } from '@tanstack/react-router';
import { type KeyboardEvent, useId, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { setPreference } from '../lib/preferences';
import classes from './palette.module.css';

type Command = { id: string; text: string; run: () => void };

function useCommands(query: string, onHelp: () => void): Command[] {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const all: Command[] = [
    { id: 'overview', text: t('help.key.overview'), run: () => void navigate({ to: '/' }) },
    { id: 'alerts', text: t('help.key.alerts'), run: () => void navigate({ to: '/alerts' }) },
    { id: 'anomalies', text: t('help.key.anomalies'), run: () => void navigate({ to: '/anomalies' }) },
    { id: 'events', text: t('help.key.events'), run: () => void navigate({ to: '/events' }) },
    { id: 'hunt', text: t('help.key.hunt'), run: () => void navigate({ to: '/hunt' }) },
    { id: 'inputs', text: t('help.key.inputs'), run: () => void navigate({ to: '/inputs' }) },
    {
      id: 'tail',
      text: t('palette.tail'),
      run: () => void navigate({ to: '/events', search: { live: true } }),
    },
    { id: 'light', text: t('palette.light'), run: () => setPreference('theme', 'light') },
    { id: 'dark', text: t('palette.dark'), run: () => setPreference('theme', 'dark') },
    { id: 'en', text: 'English', run: () => setPreference('language', 'en') },
    { id: 'ro', text: 'Română', run: () => setPreference('language', 'ro') },
    { id: 'help', text: t('help.title'), run: onHelp },
  ];
  const typed = query.trim();
  if (!typed) return all;
  const fold = (text: string) => text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();
  const found = all.filter((command) => fold(command.text).includes(fold(typed)));
  const search = { id: 'search', text: t('palette.search', { query: typed }) };
  return [...found, { ...search, run: () => void navigate({ to: '/events', search: { q: typed } }) }];
}

type Props = { opened: boolean; onClose: () => void; onHelp: () => void };

function Body({ onClose, onHelp }: Omit<Props, 'opened'>) {
  const { t } = useTranslation();
  const id = useId();
  const [query, setQuery] = useState('');
  const [at, setAt] = useState(0);
  const commands = useCommands(query, onHelp);
  const active = Math.min(at, commands.length - 1);
  const run = (command: Command | undefined) => {
    onClose();
    command?.run();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'ArrowDown') setAt((active + 1) % commands.length);
    else if (event.key === 'ArrowUp') setAt((active + commands.length - 1) % commands.length);
    else if (event.key === 'Enter') run(commands[active]);
    else return;
    event.preventDefault();
  };
  return (
    <>
      <TextInput
        data-autofocus
        size="sm"
        role="combobox"
        aria-expanded="true"
        aria-controls={`${id}-list`}
        aria-activedescendant={`${id}-${active}`}
        aria-label={t('palette.label')}
        placeholder={t('palette.label')}
        value={query}
        maxLength={1024}
        onChange={(event) => {
          setQuery(event.currentTarget.value);
          setAt(0);
        }}
        onKeyDown={onKeyDown}
      />
      <div className={classes.list} id={`${id}-list`} role="listbox" aria-label={t('palette.label')}>
        {commands.map((command, index) => (
          // biome-ignore lint/a11y/useKeyWithClickEvents: the keys are the text field's, as the combobox pattern has it
          <div
            key={command.id}
            id={`${id}-${index}`}
            role="option"
            tabIndex={-1}
            aria-selected={index === active}
            className={classes.option}
            onClick={() => run(command)}
            onMouseMove={() => setAt(index)}
          >
            {command.text}
          </div>
        ))}
      </div>
    </>
  );
}

export function Palette({ opened, onClose, onHelp }: Props) {
  const { t } = useTranslation();
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      withCloseButton={false}
      size={520}
      yOffset="12dvh"
      padding="sm"
      attributes={{ content: { 'aria-label': t('palette.label') } }}
    >
      <Body onClose={onClose} onHelp={onHelp} />
    </Modal>
  );
}
