// The lines of a timechart, told apart by colour and dashes; the table below has the same numbers.
import { useTranslation } from 'react-i18next';
import { formatNumber } from '../../lib/format';
import { usePreferences } from '../../lib/preferences';
import { formatClock } from '../../lib/time';
import { LogText } from '../../ui/log-text';
import { TimePlot } from '../../ui/time-plot';
import type { Chart, Line } from './hunt-answer';
import classes from './time-chart.module.css';

type Props = { chart: Chart; onZoom: (from: number, to: number) => void };

function path(chart: Chart, line: Line, from: number, to: number, top: number, bottom: number): string {
  let drawing = false;
  return line.values
    .map((value, index) => {
      const time = chart.times[index];
      if (value === null || time === undefined) {
        drawing = false;
        return '';
      }
      const x = (((time - from) / (to - from)) * 1000).toFixed(2);
      const y = (98 - ((value - bottom) / (top - bottom || 1)) * 96).toFixed(2);
      const alone = !drawing && (line.values[index + 1] ?? null) === null;
      const step = `${drawing ? 'L' : 'M'}${x} ${y}${alone ? 'h0.01' : ''}`;
      drawing = true;
      return step;
    })
    .join('');
}

export function TimeChart({ chart, onZoom }: Props) {
  const { t, i18n } = useTranslation();
  const { zone } = usePreferences();
  const { times, lines, left } = chart;
  const first = times[0] ?? 0;
  const last = times.at(-1) ?? first;
  const span =
    times.length > 1 ? Math.min(...times.slice(1).map((time, at) => time - (times[at] ?? 0))) : 3_600_000;
  const [from, to] = times.length > 1 ? [first, last] : [first - span / 2, first + span / 2];
  const numbers = lines.flatMap((line) => line.values.filter((value) => value !== null));
  const top = Math.max(...numbers, 0);
  const bottom = Math.min(...numbers, 0);
  const name = (line: Line) => line.name || t('hunt.noValue');
  const number = (value: number) => formatNumber(value, i18n.language, 2);
  const about = (time: number) => {
    const at = times.reduce(
      (best, each, index) => (Math.abs(each - time) < Math.abs((times[best] ?? 0) - time) ? index : best),
      0,
    );
    return (
      <>
        <strong>
          {formatClock(new Date(times[at] ?? 0).toISOString(), i18n.language, zone, Date.now())}
        </strong>
        {lines.map((line, index) => (
          <span key={line.name} className={classes.line}>
            <Key index={index} />
            <LogText text={name(line).slice(0, 40)} />
            <span className={classes.count}>{number(line.values[at] ?? 0)}</span>
          </span>
        ))}
      </>
    );
  };
  return (
    <section className={classes.chart} aria-label={t('hunt.chart.label')}>
      <TimePlot
        from={from}
        to={to}
        top={top}
        height={148}
        label={t('hunt.chart.label')}
        about={about}
        onBrush={(start, end) => onZoom(start, end)}
      >
        {lines.toReversed().map((line, index) => (
          <path
            key={line.name}
            className={classes.path}
            data-line={lines.length - 1 - index}
            d={path(chart, line, from, to, top, bottom)}
          />
        ))}
      </TimePlot>
      <ul className={classes.legend}>
        {lines.map((line, index) => (
          <li key={line.name}>
            <Key index={index} />
            <LogText text={name(line)} />
          </li>
        ))}
        {left > 0 && <li>{t('hunt.chart.left', { count: left })}</li>}
      </ul>
    </section>
  );
}

function Key({ index }: { index: number }) {
  return (
    <svg className={classes.key} width="22" height="8" viewBox="0 0 22 8" aria-hidden="true">
      <path className={classes.path} data-line={index} d="M1 4H21" />
    </svg>
  );
}
