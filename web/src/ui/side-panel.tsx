// Detail beside a list: a region of its own, with its own URL. Esc closes it; focus comes in when it opens and the
// row it belongs to has it back afterwards.
import { X } from 'lucide-react';
import { type ReactNode, useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { useHotkeys } from '../lib/keyboard-context';
import { IconButton } from './icon-button';
import classes from './side-panel.module.css';

type Props = {
  /** Changes when the panel shows something else. */
  id: string;
  label: string;
  head: ReactNode;
  footer?: ReactNode;
  onClose: () => void;
  children: ReactNode;
};

function focusRow(id: string): void {
  document.querySelector<HTMLElement>(`tr[data-id="${CSS.escape(id)}"] [data-row-link]`)?.focus();
}

export function SidePanel({ id, label, head, footer, onClose, children }: Props) {
  const { t } = useTranslation();
  const panel = useRef<HTMLElement>(null);
  const close = () => {
    onClose();
    requestAnimationFrame(() => focusRow(id));
  };
  useHotkeys({ Escape: close });
  // biome-ignore lint/correctness/useExhaustiveDependencies: focus moves once for each thing shown
  useEffect(() => {
    panel.current?.focus({ preventScroll: true });
    panel.current?.querySelector('[data-panel-body]')?.scrollTo({ top: 0 });
  }, [id]);
  return (
    <aside className={classes.panel} aria-label={label} ref={panel} tabIndex={-1}>
      <header className={classes.head}>
        <div className={classes.title}>{head}</div>
        <IconButton label={t('common.close')} shortcut="Esc" onClick={close}>
          <X size={17} aria-hidden="true" />
        </IconButton>
      </header>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region is reached by keyboard */}
      <div className={classes.body} data-panel-body tabIndex={0}>
        {children}
      </div>
      {footer && <footer className={classes.footer}>{footer}</footer>}
    </aside>
  );
}

export function PanelSection({
  title,
  aside,
  children,
}: {
  title: string;
  aside?: ReactNode;
  children: ReactNode;
}) {
  return (
    <section className={classes.section}>
      <div className={classes.sectionHead}>
        <h3>{title}</h3>
        {aside}
      </div>
      {children}
    </section>
  );
}

/** Facts as name and value. */
export function Facts({ items }: { items: { name: string; value: ReactNode }[] }) {
  return (
    <dl className={classes.facts}>
      {items.map((item) => (
        <div key={item.name}>
          <dt>{item.name}</dt>
          <dd>{item.value}</dd>
        </div>
      ))}
    </dl>
  );
}
