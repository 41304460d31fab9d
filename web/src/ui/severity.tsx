// A severity is never colour alone: each has its own shape and its word.
import { useTranslation } from 'react-i18next';
import classes from './severity.module.css';

export type Severity = 'info' | 'low' | 'medium' | 'high' | 'critical';

const shapes: Record<Severity, React.ReactNode> = {
  critical: (
    <>
      <path className={classes.fill} d="M5.200 1h5.600L15 5.200v5.600L10.800 15H5.200L1 10.800V5.200z" />
      <path className={classes.sign} d="M8 4.500v4.200M8 11.400v.1" />
    </>
  ),
  high: (
    <>
      <path className={classes.fill} d="M8 1.800 14.800 14H1.200z" />
      <path className={classes.sign} d="M8 6.200v3.600M8 12v.1" />
    </>
  ),
  medium: <path className={classes.fill} d="M8 1.800 14.200 8 8 14.200 1.800 8z" />,
  low: <circle className={classes.fill} cx="8" cy="8" r="5" />,
  info: (
    <>
      <circle className={classes.ring} cx="8" cy="8" r="6" />
      <path className={classes.ring} d="M8 7.400v3.400M8 5.100v.1" />
    </>
  ),
};

export function SeverityGlyph({ severity, size = 14 }: { severity: Severity; size?: number }) {
  return (
    <svg
      className={classes.glyph}
      data-severity={severity}
      width={size}
      height={size}
      viewBox="0 0 16 16"
      aria-hidden="true"
    >
      {shapes[severity]}
    </svg>
  );
}

export function SeverityBadge({ severity }: { severity: Severity }) {
  const { t } = useTranslation();
  return (
    <span className={classes.badge} data-severity={severity}>
      <SeverityGlyph severity={severity} />
      {t(`severity.${severity}`)}
    </span>
  );
}
