// A short word in a frame: a type, a rule, an entity.
import type { ReactNode } from 'react';
import classes from './chip.module.css';

export function Chip({ children, mono = false }: { children: ReactNode; mono?: boolean }) {
  return <span className={mono ? `${classes.chip} mono` : classes.chip}>{children}</span>;
}

/** A count beside a title or in the navigation. */
export function CountBadge({ count, label, tone }: { count: ReactNode; label?: string; tone?: 'accent' }) {
  return (
    <span className={classes.count} data-tone={tone}>
      {label ? (
        <>
          <span aria-hidden="true">{count}</span>
          <span className="visually-hidden">{label}</span>
        </>
      ) : (
        count
      )}
    </span>
  );
}
