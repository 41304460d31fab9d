// What a page says when it has no rows: why, and what to do next.
import { Button } from '@mantine/core';
import { CircleAlert, Inbox, type LucideIcon } from 'lucide-react';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import classes from './state.module.css';

type EmptyProps = {
  title: string;
  icon?: LucideIcon;
  children?: ReactNode;
  actions?: ReactNode;
  level?: 1 | 2;
};

export function EmptyState({ title, icon: Icon = Inbox, children, actions, level = 2 }: EmptyProps) {
  const Heading = level === 1 ? 'h1' : 'h2';
  return (
    <div className={classes.state}>
      <Icon size={22} strokeWidth={1.6} aria-hidden="true" />
      <Heading>{title}</Heading>
      {children && <div className={classes.text}>{children}</div>}
      {actions && <div className={classes.actions}>{actions}</div>}
    </div>
  );
}

/** An error in three parts: what happened, what it means, what to do. */
export function ErrorState({
  title,
  detail,
  onRetry,
}: {
  title: string;
  detail?: string;
  onRetry?: () => void;
}) {
  const { t } = useTranslation();
  return (
    <div className={classes.state} role="alert">
      <CircleAlert size={22} strokeWidth={1.6} aria-hidden="true" className={classes.bad} />
      <h2>{title}</h2>
      {detail && <p className={classes.text}>{detail}</p>}
      {onRetry && (
        <div className={classes.actions}>
          <Button variant="default" onClick={onRetry}>
            {t('common.retry')}
          </Button>
        </div>
      )}
    </div>
  );
}
