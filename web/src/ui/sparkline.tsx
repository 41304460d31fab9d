// The last few minutes of one number, as a line without axes; the words beside it say what it is.
import classes from './sparkline.module.css';

export function Sparkline({ values, label }: { values: readonly number[]; label: string }) {
  const width = 160;
  const height = 32;
  const top = Math.max(1, ...values);
  const step = width / Math.max(1, values.length - 1);
  const points = values.map(
    (value, index) =>
      `${(index * step).toFixed(1)},${(height - 1 - (value / top) * (height - 3)).toFixed(1)}`,
  );
  return (
    <svg
      className={classes.line}
      viewBox={`0 0 ${width} ${height}`}
      preserveAspectRatio="none"
      role="img"
      aria-label={label}
    >
      <line x1="0" x2={width} y1={height - 0.5} y2={height - 0.5} className={classes.base} />
      {points.length > 1 && <polyline points={points.join(' ')} />}
    </svg>
  );
}
