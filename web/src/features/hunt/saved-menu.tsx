// Hunts under a name: opened by one key press, and the ways to keep the present one and to put the others in order.
import { Button, Menu } from '@mantine/core';
import { Bookmark, BookmarkPlus, Check, ListChecks } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { neutralise } from '../../lib/hostile-text';
import { LogText } from '../../ui/log-text';
import type { HuntSearch } from './hunt-search';
import { SaveDialog } from './save-dialog';
import classes from './saved.module.css';
import { SavedDialog } from './saved-dialog';
import { type Keeping, keptOf, openedBy, type Saved, useSaved } from './use-saved';

type Props = {
  search: HuntSearch;
  /** Whether the present hunt can be read, and so kept. */
  keepable: boolean;
  onOpen: (search: HuntSearch) => void;
};

/** Whether it asks what is asked now. */
function present(saved: Saved, search: HuntSearch): boolean {
  const { q, span, columns } = keptOf(search);
  return saved.q === q && saved.span === span && saved.columns?.join(',') === columns?.join(',');
}

export function SavedMenu({ search, keepable, onOpen }: Props) {
  const { t } = useTranslation();
  const [dialog, setDialog] = useState<'save' | 'all'>();
  const saved = useSaved();
  const close = () => setDialog(undefined);
  const open = (each: Saved) => {
    close();
    onOpen(openedBy(each));
  };
  return (
    <>
      <Menu position="bottom-end" width={330}>
        <Menu.Target>
          <Button variant="default" leftSection={<Bookmark size={15} aria-hidden="true" />}>
            {t('hunt.saved.label')}
          </Button>
        </Menu.Target>
        <Menu.Dropdown className={classes.menu}>
          {keepable && (
            <Menu.Item
              leftSection={<BookmarkPlus size={15} aria-hidden="true" />}
              onClick={() => setDialog('save')}
            >
              {t('hunt.saved.save')}
            </Menu.Item>
          )}
          <Menu.Item
            leftSection={<ListChecks size={15} aria-hidden="true" />}
            onClick={() => setDialog('all')}
          >
            {t('hunt.saved.manage')}
          </Menu.Item>
          <Menu.Divider />
          <List saved={saved} search={search} onOpen={open} />
        </Menu.Dropdown>
      </Menu>
      <SaveDialog opened={dialog === 'save'} onClose={close} saved={saved} search={search} />
      <SavedDialog
        opened={dialog === 'all'}
        onClose={close}
        saved={saved}
        search={keepable ? search : undefined}
        onOpen={open}
      />
    </>
  );
}

type ListProps = { saved: Keeping; search: HuntSearch; onOpen: (saved: Saved) => void };

function List({ saved, search, onOpen }: ListProps) {
  const { t } = useTranslation();
  if (saved.items.length === 0) {
    const text = saved.failed ? 'hunt.saved.failed' : saved.known ? 'hunt.saved.none' : 'hunt.saved.loading';
    return <Menu.Label className={classes.note}>{t(text)}</Menu.Label>;
  }
  return saved.items.map((each) => {
    const now = present(each, search);
    return (
      <Menu.Item
        key={each.id}
        title={neutralise(each.q)}
        aria-current={now || undefined}
        leftSection={
          now ? <Check size={15} aria-hidden="true" /> : <span className={classes.gap} aria-hidden="true" />
        }
        onClick={() => onOpen(each)}
      >
        <span className={classes.name}>
          <LogText text={each.name} />
        </span>
        <span className={classes.text}>
          <LogText text={each.q} mono />
        </span>
      </Menu.Item>
    );
  });
}
