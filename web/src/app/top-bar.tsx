// The thin bar: search over all events, the live indicator, language, theme, and who is signed in.
import { Menu, TextInput, UnstyledButton } from '@mantine/core';
import { Link, useNavigate } from '@tanstack/react-router';
import { CircleHelp, Languages, Monitor, Moon, Search, Sun } from 'lucide-react';
import { type FormEvent, type RefObject, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useLive } from '../api/live';
import { type Preferences, setPreference, usePreferences } from '../lib/preferences';
import { IconButton } from '../ui/icon-button';
import { Mark } from '../ui/mark';
import classes from './top-bar.module.css';
import { UserMenu } from './user-menu';

const languageNames = { en: 'English', ro: 'Română' } as const;
const themeIcons = { light: Sun, dark: Moon, system: Monitor };

function SearchBox({ inputRef }: { inputRef: RefObject<HTMLInputElement | null> }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const [query, setQuery] = useState('');
  const submit = (event: FormEvent) => {
    event.preventDefault();
    void navigate({ to: '/events', search: query.trim() ? { q: query.trim() } : {} });
    setQuery('');
  };
  return (
    <search className={classes.search}>
      <form onSubmit={submit}>
        <TextInput
          ref={inputRef}
          size="xs"
          type="search"
          aria-label={t('app.search')}
          placeholder={t('app.search')}
          value={query}
          onChange={(event) => setQuery(event.currentTarget.value)}
          onKeyDown={(event) => event.key === 'Escape' && event.currentTarget.blur()}
          leftSection={<Search size={15} aria-hidden="true" />}
          rightSection={<kbd className={classes.key}>/</kbd>}
          maxLength={1024}
        />
      </form>
    </search>
  );
}

function LiveIndicator() {
  const { t } = useTranslation();
  const { connection } = useLive();
  return (
    <output className={classes.live} data-state={connection}>
      <span className={classes.dot} aria-hidden="true" />
      <span>{t(`live.${connection}`)}</span>
    </output>
  );
}

function LanguageMenu() {
  const { t } = useTranslation();
  const { language } = usePreferences();
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <UnstyledButton className={classes.language}>
          <Languages size={16} strokeWidth={1.8} aria-hidden="true" />
          <span className="visually-hidden">{t('app.language')}: </span>
          {language.toUpperCase()}
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.RadioGroup
          value={language}
          onChange={(value) => setPreference('language', value as 'en' | 'ro')}
        >
          {(['en', 'ro'] as const).map((each) => (
            <Menu.RadioItem key={each} value={each} lang={each} closeMenuOnClick>
              {languageNames[each]}
            </Menu.RadioItem>
          ))}
        </Menu.RadioGroup>
      </Menu.Dropdown>
    </Menu>
  );
}

function ThemeMenu() {
  const { t } = useTranslation();
  const { theme } = usePreferences();
  const Current = themeIcons[theme];
  const choices: Preferences['theme'][] = ['light', 'dark', 'system'];
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <IconButton label={`${t('app.theme')}: ${t(`theme.${theme}`)}`}>
          <Current size={16} strokeWidth={1.8} aria-hidden="true" />
        </IconButton>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.RadioGroup
          value={theme}
          onChange={(value) => setPreference('theme', value as Preferences['theme'])}
        >
          {choices.map((each) => (
            <Menu.RadioItem key={each} value={each} closeMenuOnClick>
              {t(`theme.${each}`)}
            </Menu.RadioItem>
          ))}
        </Menu.RadioGroup>
      </Menu.Dropdown>
    </Menu>
  );
}

type Props = { searchRef: RefObject<HTMLInputElement | null>; onHelp: () => void };

export function TopBar({ searchRef, onHelp }: Props) {
  const { t } = useTranslation();
  const { critical } = useLive();
  return (
    <header className={classes.bar}>
      <Link to="/" className={classes.brand} aria-label={t('nav.home')}>
        <Mark swing={critical?.id} />
      </Link>
      <SearchBox inputRef={searchRef} />
      <div className={classes.tools}>
        <LiveIndicator />
        <LanguageMenu />
        <ThemeMenu />
        <span className={classes.help}>
          <IconButton label={t('help.title')} shortcut="?" onClick={onHelp}>
            <CircleHelp size={16} strokeWidth={1.8} aria-hidden="true" />
          </IconButton>
        </span>
        <UserMenu onHelp={onHelp} />
      </div>
    </header>
  );
}
