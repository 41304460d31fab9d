// The frame of a chart over time: its highest value, its round moments, and a part that is chosen by dragging over it. Dragging is a
// short cut only: whoever shows a chart offers the same by inputs and as a table.
import { type PointerEvent, type ReactNode, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { formatCompact } from '../lib/format';
import { usePreferences } from '../lib/preferences';
import { formatTick, timeTicks } from '../lib/time';
import classes from './time-plot.module.css';

type Props = {
  /** In milliseconds, as everything here. */
  from: number;
  to: number;
  top: number;
  label: string;
  onBrush?: ((from: number, to: number) => void) | undefined;
  /** What is said about a moment that is pointed at; nothing when undefined. */
  about: (time: number) => ReactNode;
  height?: number;
  /** Drawn in a box of 1000 by 100, stretched. */
  children: ReactNode;
};

const share = (event: PointerEvent<HTMLDivElement>) => {
  const box = event.currentTarget.getBoundingClientRect();
  return Math.min(1, Math.max(0, (event.clientX - box.left) / Math.max(1, box.width)));
};

export function TimePlot({ from, to, top, label, onBrush, about, height = 96, children }: Props) {
  const { i18n } = useTranslation();
  const { zone } = usePreferences();
  const [at, setAt] = useState<number>();
  const [start, setStart] = useState<number>();
  const moved = useRef(false);
  const time = (part: number) => Math.round(from + part * (to - from));
  const { ticks, step } = timeTicks(from, to, 7, zone);
  // a label near the right edge stands before its line: behind it there is no room
  const place = (tick: number) => {
    const part = (tick - from) / (to - from);
    return part > 0.9
      ? { right: `${((1 - part) * 100).toFixed(2)}%` }
      : { left: `${(part * 100).toFixed(2)}%` };
  };
  const end = () => {
    if (start !== undefined && at !== undefined && moved.current)
      onBrush?.(time(Math.min(start, at)), time(Math.max(start, at)));
    setStart(undefined);
  };
  const said = at === undefined || start !== undefined ? undefined : about(time(at));
  return (
    <div className={classes.plot}>
      <span className={classes.top}>{formatCompact(top, i18n.language)}</span>
      <div
        className={classes.area}
        data-brush={onBrush ? true : undefined}
        style={{ height }}
        onPointerDown={(event) => {
          if (!onBrush || event.button !== 0) return;
          event.currentTarget.setPointerCapture?.(event.pointerId);
          moved.current = false;
          setStart(share(event));
          setAt(share(event));
        }}
        onPointerMove={(event) => {
          const here = share(event);
          if (start !== undefined && Math.abs(here - start) > 0.004) moved.current = true;
          setAt(here);
        }}
        onPointerUp={end}
        onPointerCancel={() => setStart(undefined)}
        onPointerLeave={() => start === undefined && setAt(undefined)}
      >
        <svg viewBox="0 0 1000 100" preserveAspectRatio="none" role="img" aria-label={label}>
          {children}
        </svg>
        {start !== undefined && at !== undefined && (
          <span
            className={classes.brush}
            style={{ left: `${Math.min(start, at) * 100}%`, width: `${Math.abs(at - start) * 100}%` }}
          />
        )}
        {said && at !== undefined && (
          <div className={classes.about} data-left={at > 0.6 || undefined} style={{ '--at': at } as object}>
            {said}
          </div>
        )}
      </div>
      <div className={classes.ticks} aria-hidden="true">
        {ticks.map((tick) => (
          <span key={tick} style={place(tick)} data-before={'right' in place(tick) || undefined}>
            {formatTick(tick, i18n.language, zone, step)}
          </span>
        ))}
      </div>
    </div>
  );
}
