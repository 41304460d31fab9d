// What can be done with a value, wherever it stands: one menu for the page, opened at the value.

import { Menu } from '@mantine/core';
import { Clock, Copy, Equal, Minus, Plus } from 'lucide-react';
import { createContext, type ReactNode, useCallback, useContext, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { neutralise } from '../../lib/hostile-text';
import { copyAndSay } from '../../ui/copy';
import { LogText } from '../../ui/log-text';
import classes from './pivot.module.css';

export type Value = {
  field: string;
  text: string;
  /** Whether a condition can be made of it. */
  condition: boolean;
  /** The moment that it belongs to. */
  time?: string | undefined;
};

export type Pivots = {
  onCondition: (field: string, value: string, not: boolean) => void;
  onOnly: (field: string, value: string) => void;
  onAround: (time: string) => void;
};

type Open = (value: Value, from: HTMLElement) => void;
const PivotContext = createContext<Open>(() => {});

type At = { value: Value; from: HTMLElement; x: number; y: number };

export function PivotProvider({ actions, children }: { actions: Pivots; children: ReactNode }) {
  const { t } = useTranslation();
  const [at, setAt] = useState<At>();
  const [opened, setOpened] = useState(false);
  const back = useRef<HTMLElement>(undefined);
  // always the same one: a change of it would draw every value again
  const open = useCallback<Open>((value, from) => {
    const box = from.getBoundingClientRect();
    back.current = from;
    setAt({ value, from, x: box.left, y: box.bottom });
    setOpened(true);
  }, []);
  const close = () => {
    setOpened(false);
    requestAnimationFrame(() => back.current?.isConnected && back.current.focus({ preventScroll: true }));
  };
  const value = at?.value;
  const copy = async () => {
    await copyAndSay(value?.text ?? '', t('common.copied'));
  };
  const said = { field: value?.field ?? '' };
  return (
    <PivotContext value={open}>
      {children}
      <Menu
        opened={opened}
        onChange={(next) => !next && close()}
        closeOnEscape={false}
        position="bottom-start"
        width={270}
      >
        <Menu.Target>
          <span className={classes.anchor} style={{ left: at?.x ?? 0, top: at?.y ?? 0 }} aria-hidden="true" />
        </Menu.Target>
        <Menu.Dropdown
          aria-label={t('hunt.pivot.label', { field: neutralise(said.field) })}
          // Esc is for the menu alone, not also for the panel under it
          onKeyDown={(event) => {
            if (event.key !== 'Escape') return;
            event.preventDefault();
            close();
          }}
        >
          {value && (
            <>
              <Menu.Label>
                <span className={classes.value}>
                  <LogText text={`${value.field}: ${value.text.slice(0, 120)}`} mono />
                </span>
              </Menu.Label>
              {value.condition && (
                <>
                  <Menu.Item
                    leftSection={<Plus size={15} aria-hidden="true" />}
                    onClick={() => actions.onCondition(value.field, value.text, false)}
                  >
                    {t('hunt.pivot.include')}
                  </Menu.Item>
                  <Menu.Item
                    leftSection={<Minus size={15} aria-hidden="true" />}
                    onClick={() => actions.onCondition(value.field, value.text, true)}
                  >
                    {t('hunt.pivot.exclude')}
                  </Menu.Item>
                  <Menu.Item
                    leftSection={<Equal size={15} aria-hidden="true" />}
                    onClick={() => actions.onOnly(value.field, value.text)}
                  >
                    {t('hunt.pivot.only')}
                  </Menu.Item>
                </>
              )}
              {value.time && (
                <Menu.Item
                  leftSection={<Clock size={15} aria-hidden="true" />}
                  onClick={() => actions.onAround(value.time ?? '')}
                >
                  {t('hunt.pivot.around')}
                </Menu.Item>
              )}
              <Menu.Item leftSection={<Copy size={15} aria-hidden="true" />} onClick={() => void copy()}>
                {t('hunt.pivot.copy')}
              </Menu.Item>
            </>
          )}
        </Menu.Dropdown>
      </Menu>
    </PivotContext>
  );
}

type ButtonProps = {
  value: Value;
  /** Reached by pointer only: the same is offered by keyboard in the event's panel. */
  pointerOnly?: boolean;
  /** A button of its own beside the text, with this sign. */
  icon?: ReactNode;
  /** Stands for the text of the value. */
  children?: ReactNode;
};

export function PivotButton({ icon, ...props }: ButtonProps) {
  return icon ? <IconPivot icon={icon} value={props.value} /> : <TextPivot {...props} />;
}

function TextPivot({ value, pointerOnly, children }: ButtonProps) {
  const open = useContext(PivotContext);
  return (
    <button
      type="button"
      className={classes.text}
      tabIndex={pointerOnly ? -1 : undefined}
      aria-haspopup="menu"
      onClick={(event) => open(value, event.currentTarget)}
    >
      {children || <LogText text={value.text} />}
    </button>
  );
}

function IconPivot({ value, icon }: { value: Value; icon: ReactNode }) {
  const { t } = useTranslation();
  const open = useContext(PivotContext);
  const label = t('hunt.pivot.label', { field: neutralise(value.field) });
  return (
    <button
      type="button"
      className={classes.icon}
      aria-haspopup="menu"
      title={label}
      aria-label={label}
      onClick={(event) => open(value, event.currentTarget)}
    >
      {icon}
    </button>
  );
}
