// The threat score as an instrument: a flat arc from 0 to 100 with the four levels marked, the needle, the number.
import { useTranslation } from 'react-i18next';
import classes from './gauge.module.css';

export type ThreatLevel = 'low' | 'medium' | 'high' | 'critical';

const bands: { level: ThreatLevel; from: number; to: number }[] = [
  { level: 'low', from: 0, to: 20 },
  { level: 'medium', from: 20, to: 50 },
  { level: 'high', from: 50, to: 80 },
  { level: 'critical', from: 80, to: 100 },
];
const radius = 84;
const gap = 0.7;

function point(score: number, r: number): string {
  const angle = Math.PI * (1 - score / 100);
  return `${(100 + r * Math.cos(angle)).toFixed(2)} ${(100 - r * Math.sin(angle)).toFixed(2)}`;
}

function arc(from: number, to: number, r: number): string {
  return `M${point(from, r)}A${r} ${r} 0 0 1 ${point(to, r)}`;
}

export function Gauge({ score, level }: { score: number; level: ThreatLevel }) {
  const { t } = useTranslation();
  return (
    // biome-ignore lint/a11y/useSemanticElements: a meter element cannot hold the drawing
    <div
      className={classes.gauge}
      role="meter"
      aria-label={t('siem.threatScore')}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={score}
      aria-valuetext={t('overview.scoreText', { score, level: t(`threatLevel.${level}`) })}
    >
      <svg viewBox="0 0 200 112" aria-hidden="true">
        {bands.map((band) => (
          <path
            key={band.level}
            d={arc(band.from + (band.from ? gap : 0), band.to - (band.to < 100 ? gap : 0), radius)}
            className={classes.track}
            data-level={band.level}
          />
        ))}
        {bands
          .filter((band) => score > band.from)
          .map((band) => (
            <path
              key={band.level}
              d={arc(
                band.from + (band.from ? gap : 0),
                Math.min(score, band.to - (band.to < 100 ? gap : 0)),
                radius,
              )}
              className={classes.value}
              data-level={level}
            />
          ))}
        <path d={`M${point(score, radius - 8)}L${point(score, radius + 8)}`} className={classes.needle} />
        {[0, 20, 50, 80, 100].map((mark) => (
          <text
            key={mark}
            x={point(mark, 64).split(' ')[0]}
            y={point(mark, 64).split(' ')[1]}
            className={classes.mark}
          >
            {mark}
          </text>
        ))}
      </svg>
      <div className={classes.reading} data-level={level}>
        <strong>{score}</strong>
        <span>{t(`threatLevel.${level}`)}</span>
      </div>
    </div>
  );
}
