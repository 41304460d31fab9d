// Events as they come in: the state of the tail above its list. The list stands still while it is paused or under the pointer.
import { Button, Tooltip } from '@mantine/core';
import { Pause, Play, Radio, Square } from 'lucide-react';
import { type ReactNode, useId } from 'react';
import { useTranslation } from 'react-i18next';
import classes from './live-tail.module.css';
import { EmptyState } from './state';

type Props = {
  tail: {
    events: unknown[];
    waiting: number;
    dropped: number;
    connection: 'connecting' | 'live' | 'lost' | 'ended';
  };
  /** Whether nothing moves, for whatever reason. */
  held: boolean;
  paused: boolean;
  onPaused: (paused: boolean) => void;
  onHover: (over: boolean) => void;
  /** The list, once there is something in it. */
  children: ReactNode;
};

export function LiveTail({ tail, held, paused, onPaused, onHover, children }: Props) {
  const { t } = useTranslation();
  const state = held ? 'held' : tail.connection;
  return (
    <>
      <div className={classes.bar}>
        <span role="status" className={classes.state} data-state={state}>
          {held ? t('events.held', { count: tail.waiting }) : t(`events.tail.${tail.connection}`)}
        </span>
        {tail.dropped > 0 && (
          <span className={classes.dropped}>{t('events.dropped', { count: tail.dropped })}</span>
        )}
        <Button
          variant="default"
          data-size="compact"
          aria-pressed={paused}
          leftSection={
            paused ? <Play size={13} aria-hidden="true" /> : <Pause size={13} aria-hidden="true" />
          }
          onClick={() => onPaused(!paused)}
        >
          {paused ? t('events.resume') : t('events.pause')}
        </Button>
      </div>
      {tail.events.length === 0 ? (
        <EmptyState title={t('events.waiting')}>{t('events.waitingText')}</EmptyState>
      ) : (
        // biome-ignore lint/a11y/noStaticElementInteractions: hovering only holds the list still; the button does the same
        <div onMouseEnter={() => onHover(true)} onMouseLeave={() => onHover(false)}>
          {children}
        </div>
      )}
    </>
  );
}

type ButtonProps = {
  live: boolean;
  onLive: (live: boolean) => void;
  /** Why there can be no tail; the button says so and does nothing. */
  why?: string | undefined;
};

export function TailButton({ live, onLive, why }: ButtonProps) {
  const { t } = useTranslation();
  const id = useId();
  const refused = why !== undefined && !live;
  const button = (
    <Button
      variant={live ? 'filled' : 'default'}
      aria-disabled={refused || undefined}
      data-disabled={refused || undefined}
      aria-describedby={refused ? id : undefined}
      leftSection={live ? <Square size={13} aria-hidden="true" /> : <Radio size={15} aria-hidden="true" />}
      onClick={() => !refused && onLive(!live)}
    >
      {live ? t('events.stopTail') : t('events.startTail')}
    </Button>
  );
  if (!refused) return button;
  return (
    <>
      <Tooltip
        label={why}
        multiline
        w={280}
        withinPortal={false}
        events={{ hover: true, focus: true, touch: true }}
      >
        {button}
      </Tooltip>
      <span id={id} className="visually-hidden">
        {why}
      </span>
    </>
  );
}
