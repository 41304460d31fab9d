// Why a rule fired: what it counted against what it allows, over which time.
import { useTranslation } from 'react-i18next';
import type { Schemas } from '../../api/client';
import { formatDuration, formatNumber, formatPercent } from '../../lib/format';
import { Chip } from '../../ui/chip';
import { Facts } from '../../ui/side-panel';
import classes from './finding-text.module.css';

type Finding = Schemas['Finding'];

/** The figure as a bar, with a mark where the rule begins to fire. */
function Threshold({ actual, threshold }: { actual: number; threshold: number }) {
  const scale = Math.max(actual, threshold) * 1.08;
  const at = (value: number) => `${((value / scale) * 100).toFixed(2)}%`;
  return (
    <div className={classes.bar} aria-hidden="true">
      <span className={classes.fill} style={{ width: at(actual) }} />
      <span className={classes.mark} style={{ left: at(threshold) }} />
    </div>
  );
}

export function FindingText({ finding }: { finding: Finding }) {
  const { t, i18n } = useTranslation();
  const language = i18n.language;
  const single = finding.window_s === 0;
  return (
    <div className={classes.finding}>
      <p className={classes.sentence}>
        {single
          ? t('why.single')
          : t('why.counted', {
              actual: formatNumber(finding.actual, language),
              threshold: formatNumber(finding.threshold, language),
              window: formatDuration(finding.window_s, language),
            })}
      </p>
      {!single && <Threshold actual={finding.actual} threshold={finding.threshold} />}
      <Facts
        items={[
          { name: t('common.rule'), value: <span className="mono">{finding.rule}</span> },
          ...(single
            ? []
            : [
                {
                  name: t('why.threshold'),
                  value: t('why.thresholdText', {
                    actual: formatNumber(finding.actual, language),
                    threshold: formatNumber(finding.threshold, language),
                    window: formatDuration(finding.window_s, language),
                  }),
                },
              ]),
          { name: t('siem.confidence'), value: formatPercent(finding.confidence, language) },
          ...(finding.techniques.length > 0
            ? [
                {
                  name: t('why.techniques'),
                  value: (
                    <span className={classes.chips}>
                      {finding.techniques.map((technique) => (
                        <Chip key={technique} mono>
                          {technique}
                        </Chip>
                      ))}
                    </span>
                  ),
                },
              ]
            : []),
        ]}
      />
    </div>
  );
}
