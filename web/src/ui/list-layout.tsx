// A list, and the detail of one of its rows beside it when one is open.
import type { ReactNode } from 'react';
import classes from './list-layout.module.css';

export function ListLayout({ list, panel }: { list: ReactNode; panel: ReactNode }) {
  return (
    <div className={classes.layout}>
      <div className={classes.list}>{list}</div>
      {panel}
    </div>
  );
}
