// The list under the query bar. The focus stays in the text; the text's keys move along the list.
import { useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { LogText } from '../../ui/log-text';
import classes from './suggestions.module.css';
import type { useCompletion } from './use-completion';

type Props = {
  id: string;
  items: ReturnType<typeof useCompletion>['items'];
  at: number;
  onAt: (at: number) => void;
  onAccept: (at: number) => void;
};

export function Suggestions({ id, items, at, onAt, onAccept }: Props) {
  const { t } = useTranslation();
  const list = useRef<HTMLDivElement>(null);
  useEffect(() => {
    list.current?.querySelector(`[data-at="${at}"]`)?.scrollIntoView({ block: 'nearest' });
  }, [at]);
  return (
    <div
      ref={list}
      className={classes.list}
      id={`${id}-list`}
      role="listbox"
      aria-label={t('hunt.suggestionList')}
    >
      {items.map((item, index) => (
        // biome-ignore lint/a11y/useKeyWithClickEvents: the keys are the text's
        <div
          key={`${item.kind} ${item.text}`}
          id={`${id}-${index}`}
          data-at={index}
          role="option"
          tabIndex={-1}
          aria-selected={index === at}
          className={classes.option}
          // the text must not lose the focus
          onMouseDown={(event) => event.preventDefault()}
          onClick={() => onAccept(index)}
          onMouseMove={() => onAt(index)}
        >
          <LogText text={item.text} mono />
          <span className={classes.kind}>{t(`hunt.kind.${item.kind}`)}</span>
        </div>
      ))}
    </div>
  );
}
