// A page: its title, what can be done here, and its body.
import { type ReactNode, useEffect } from 'react';
import classes from './page.module.css';

type Props = {
  title: string;
  count?: ReactNode;
  actions?: ReactNode;
  below?: ReactNode;
  children: ReactNode;
};

export function Page({ title, count, actions, below, children }: Props) {
  useEffect(() => {
    document.title = `${title} · Tocsin`;
  }, [title]);
  return (
    <div className={classes.page}>
      <header className={classes.header}>
        <div className={classes.titles}>
          <h1>{title}</h1>
          {count}
        </div>
        {actions && <div className={classes.actions}>{actions}</div>}
      </header>
      {below}
      <div className={classes.body}>{children}</div>
    </div>
  );
}
