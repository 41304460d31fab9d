// "3 new — press . to load": what arrived while the list stood still.
import { UnstyledButton } from '@mantine/core';
import { ArrowUp } from 'lucide-react';
import { useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { useHotkeys } from '../lib/keyboard-context';
import { usePreferences } from '../lib/preferences';
import classes from './new-items.module.css';

export function NewItems({ count, onLoad }: { count: number; onLoad: () => void }) {
  const { t } = useTranslation();
  const { shortcuts } = usePreferences();
  useHotkeys(count > 0 ? { '.': onLoad } : {});
  return (
    <div className={classes.place} role="status">
      {count > 0 && (
        <UnstyledButton className={classes.button} onClick={onLoad}>
          <ArrowUp size={14} aria-hidden="true" />
          {t('common.newItems', { count })}
          {shortcuts === 'on' && <kbd className={classes.key}>.</kbd>}
        </UnstyledButton>
      )}
    </div>
  );
}

/** Loads at once when the list is empty: there is nothing that could move under the cursor. */
export function useLoadIntoEmpty(when: boolean, onLoad: () => void): void {
  const load = useRef(onLoad);
  load.current = onLoad;
  useEffect(() => {
    if (when) load.current();
  }, [when]);
}
