// What a hunt can be, before there is one: each example is filled in by a click, and run.
import { Crosshair } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import classes from './examples.module.css';

const examples = [
  ['words', '"invalid user" web*'],
  ['field', 'category:login_failed ip:203.0.113.0/24'],
  ['severity', 'severity>=high NOT ip=10.0.0.0/8 earliest=-24h'],
  ['regex', 'message=/fail(ed|ure)/'],
  [
    'stats',
    'category=login_failed | stats count, dc(ip) as addresses by user | where addresses>1 | sort -count',
  ],
  ['top', 'severity>=medium | top limit=10 user by host'],
  ['chart', 'category=login_failed earliest=-24h | timechart span=1h limit=5 count by user'],
] as const;

export function Examples({ onRun }: { onRun: (text: string) => void }) {
  const { t } = useTranslation();
  return (
    <div className={classes.examples}>
      <Crosshair size={22} strokeWidth={1.6} aria-hidden="true" />
      <h2>{t('hunt.start.title')}</h2>
      <p>{t('hunt.start.text')}</p>
      <ul>
        {examples.map(([name, text]) => (
          <li key={name}>
            <button type="button" onClick={() => onRun(text)}>
              <span>{t(`hunt.start.${name}`)}</span>
              <code>{text}</code>
            </button>
          </li>
        ))}
      </ul>
      <p className={classes.keys}>{t('hunt.keys')}</p>
    </div>
  );
}
