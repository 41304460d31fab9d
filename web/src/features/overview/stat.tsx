// One number: of what, since when, and the list behind it.
import { Skeleton } from '@mantine/core';
import { Link, type LinkProps } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { type Severity, SeverityGlyph } from '../../ui/severity';
import classes from './stat.module.css';

type Props = {
  label: string;
  value: ReactNode;
  note?: ReactNode;
  severity?: Severity;
  bad?: boolean;
  link: Pick<LinkProps, 'to' | 'search'>;
  children?: ReactNode;
};

export function Stat({ label, value, note, severity, bad = false, link, children }: Props) {
  const ready = value !== undefined && value !== null;
  return (
    <Link {...(link as LinkProps)} className={classes.stat}>
      <span className={classes.label}>
        {severity && <SeverityGlyph severity={severity} size={12} />}
        {label}
      </span>
      <span className={classes.line}>
        {ready ? (
          <span className={`${classes.value} figures`}>{value}</span>
        ) : (
          <Skeleton height={22} width={56} my={5} />
        )}
        {children}
      </span>
      <span className={classes.note} data-bad={bad || undefined}>
        {ready ? note : <Skeleton height={8} width={90} my={4} />}
      </span>
    </Link>
  );
}
