// When the found events were, by severity. Dragging chooses a time; the inputs above and the table below do the same by keyboard.
import { Skeleton } from '@mantine/core';
import { memo } from 'react';
import { useTranslation } from 'react-i18next';
import type { Schemas } from '../../api/client';
import { formatNumber } from '../../lib/format';
import { usePreferences } from '../../lib/preferences';
import { formatAbsolute, formatClock } from '../../lib/time';
import { SeverityGlyph } from '../../ui/severity';
import { TimePlot } from '../../ui/time-plot';
import classes from './histogram.module.css';
import { type Bar, barsOf, levels } from './histogram-span';
import type { HuntQuery } from './hunt-search';

type Props = {
  histogram: Schemas['SearchHistogram'] | undefined;
  query: HuntQuery;
  at: number;
  onZoom: (from: number, to: number) => void;
};

const sum = (bar: Bar) => bar.parts.reduce((all, part) => all + part, 0);
const shown = levels.map((level, index) => ({ level, index })).reverse();

export const Histogram = memo(function Histogram({ histogram, query, at, onZoom }: Props) {
  const { t, i18n } = useTranslation();
  const { zone } = usePreferences();
  if (!histogram)
    return (
      <div className={classes.waiting} aria-hidden="true">
        <Skeleton height={112} radius="md" />
      </div>
    );
  const bars = barsOf(histogram);
  const [firstBar] = bars;
  const lastBar = bars.at(-1);
  if (histogram.too_many) return <p className={classes.note}>{t('hunt.histogram.tooMany')}</p>;
  if (!firstBar || !lastBar) return null;
  const span = histogram.span_ms;
  const from = Math.min(query.from ? Date.parse(query.from) : firstBar.time, firstBar.time);
  const to = Math.max(
    query.from ? Math.min(query.to ? Date.parse(query.to) : at, at) : 0,
    lastBar.time + span,
  );
  const top = Math.max(...bars.map(sum));
  const number = (value: number) => formatNumber(value, i18n.language);
  const used = shown.filter(({ index }) => bars.some((bar) => (bar.parts[index] ?? 0) > 0));
  const clock = (time: number) => formatClock(new Date(time).toISOString(), i18n.language, zone, at);
  const about = (time: number) => {
    const bar = bars.find((each) => time >= each.time && time < each.time + span);
    if (!bar) return undefined;
    return (
      <>
        <strong>{clock(bar.time)}</strong>
        {used.map(({ level, index }) => (
          <span key={level} className={classes.line}>
            <SeverityGlyph severity={level} size={11} />
            {t(`severity.${level}`)}
            <span className={classes.count}>{number(bar.parts[index] ?? 0)}</span>
          </span>
        ))}
      </>
    );
  };
  return (
    <section className={classes.histogram} aria-label={t('hunt.histogram.label')}>
      <TimePlot
        from={from}
        to={to}
        top={top}
        label={t('hunt.histogram.label')}
        about={about}
        onBrush={(start, end) => onZoom(start, end)}
      >
        {bars.map((bar) => (
          <Stack key={bar.time} bar={bar} from={from} to={to} span={span} top={top} />
        ))}
      </TimePlot>
      <div className={classes.foot}>
        <ul className={classes.legend}>
          {used.map(({ level }) => (
            <li key={level}>
              <SeverityGlyph severity={level} size={11} />
              {t(`severity.${level}`)}
            </li>
          ))}
        </ul>
        <details className={classes.twin}>
          <summary>{t('hunt.histogram.table')}</summary>
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region is reached by keyboard */}
          <section className={classes.scroll} tabIndex={0} aria-label={t('hunt.histogram.table')}>
            <table>
              <caption className="visually-hidden">{t('hunt.histogram.label')}</caption>
              <thead>
                <tr>
                  <th scope="col">{t('hunt.histogram.begin')}</th>
                  {used.map(({ level }) => (
                    <th key={level} scope="col" data-align="end">
                      {t(`severity.${level}`)}
                    </th>
                  ))}
                  <th scope="col">
                    <span className="visually-hidden">{t('common.actions')}</span>
                  </th>
                </tr>
              </thead>
              <tbody>
                {bars.toReversed().map((bar) => (
                  <tr key={bar.time}>
                    <th scope="row">
                      {formatAbsolute(new Date(bar.time).toISOString(), i18n.language, zone)}
                    </th>
                    {used.map(({ level, index }) => (
                      <td key={level} data-align="end">
                        {number(bar.parts[index] ?? 0)}
                      </td>
                    ))}
                    <td>
                      <button
                        type="button"
                        className={classes.zoom}
                        aria-label={t('hunt.histogram.zoomTo', { time: clock(bar.time) })}
                        onClick={() => onZoom(bar.time, bar.time + span)}
                      >
                        {t('hunt.histogram.zoom')}
                      </button>
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          </section>
        </details>
      </div>
    </section>
  );
});

type StackProps = { bar: Bar; from: number; to: number; span: number; top: number };

function Stack({ bar, from, to, span, top }: StackProps) {
  const scale = 1000 / (to - from);
  const width = span * scale;
  const gap = Math.min(1.2, width * 0.15);
  // one event beside a thousand is still seen: every part that is there has a height
  const heights = bar.parts.map((part) => (part === 0 ? 0 : Math.max(1.5, (part / top) * 100)));
  const full = heights.reduce((all, height) => all + height, 0);
  const fit = full > 100 ? 100 / full : 1;
  let y = 100;
  return (
    <>
      {levels.map((level, index) => {
        const height = (heights[index] ?? 0) * fit;
        y -= height;
        return height === 0 ? null : (
          <rect
            key={level}
            className={classes.part}
            data-severity={level}
            x={((bar.time - from) * scale + gap / 2).toFixed(2)}
            y={y.toFixed(2)}
            width={Math.max(0.8, width - gap).toFixed(2)}
            height={height.toFixed(2)}
          />
        );
      })}
    </>
  );
}
