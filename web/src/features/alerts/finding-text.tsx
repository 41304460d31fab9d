// Why a rule fired: what it counted against what it allows, over which time.
import { useTranslation } from 'react-i18next';
import type { Schemas } from '../../api/client';
import { useTypeName } from '../../i18n/type-name';
import { formatDuration, formatNumber, formatPercent } from '../../lib/format';
import { Chip } from '../../ui/chip';
import { Facts } from '../../ui/side-panel';
import classes from './finding-text.module.css';

type Finding = Schemas['Finding'];

/** The figure as a bar, with a mark where the rule begins to fire. */
function Threshold({ actual, threshold, severity }: { actual: number; threshold: number; severity: string }) {
  const scale = Math.max(actual, threshold) * 1.08;
  const at = (value: number) => `${((value / scale) * 100).toFixed(2)}%`;
  return (
    <div className={classes.bar} data-severity={severity} aria-hidden="true">
      <span className={classes.fill} style={{ width: at(actual) }} />
      <span className={classes.mark} style={{ left: at(threshold) }} />
    </div>
  );
}

export function FindingText({ finding }: { finding: Finding }) {
  const { t, i18n } = useTranslation();
  const typeName = useTypeName();
  const language = i18n.language;
  const single = finding.window_s === 0;
  const facts: { name: string; value: React.ReactNode }[] = [
    {
      name: t('common.rule'),
      value: (
        <>
          {typeName(finding.type)} <span className={`${classes.id} mono`}>{finding.rule}</span>
        </>
      ),
    },
    { name: t('siem.confidence'), value: formatPercent(finding.confidence, language) },
  ];
  if (!single) {
    facts.splice(
      1,
      0,
      {
        name: t('why.counted'),
        value: t('why.countedText', {
          actual: formatNumber(finding.actual, language),
          window: formatDuration(finding.window_s, language, 'long'),
        }),
      },
      { name: t('why.threshold'), value: formatNumber(finding.threshold, language) },
    );
  }
  return (
    <div className={classes.finding}>
      {single ? (
        <p className={classes.sentence}>{t('why.single')}</p>
      ) : (
        <Threshold actual={finding.actual} threshold={finding.threshold} severity={finding.severity} />
      )}
      <Facts items={facts} />
      {finding.techniques.length > 0 && (
        <div className={classes.techniques}>
          <Facts items={[{ name: t('why.techniques'), value: <Techniques ids={finding.techniques} /> }]} />
        </div>
      )}
    </div>
  );
}

function Techniques({ ids }: { ids: string[] }) {
  return (
    <span className={classes.chips}>
      {ids.map((id) => (
        <Chip key={id} mono>
          {id}
        </Chip>
      ))}
    </span>
  );
}
