// One input: its counts, and the latest records that it refused.
import { useTranslation } from 'react-i18next';
import { formatBytes, formatDuration, formatNumber } from '../../lib/format';
import { LogText } from '../../ui/log-text';
import { Facts, PanelSection, SidePanel } from '../../ui/side-panel';
import { TimeText } from '../../ui/time-text';
import { useInputType } from './input-table';
import classes from './inputs.module.css';
import type { Input } from './use-inputs';

function useFacts(input: Input): { name: string; value: string }[] {
  const { t, i18n } = useTranslation();
  const n = (value: number) => formatNumber(value, i18n.language);
  const always = [
    { name: t('inputs.accepted'), value: n(input.accepted) },
    { name: t('inputs.duplicates'), value: n(input.duplicates) },
    { name: t('inputs.rejected'), value: n(input.rejected) },
    { name: t('inputs.bytes'), value: formatBytes(input.bytes, i18n.language) },
  ];
  if (input.lag_seconds !== undefined) {
    always.push({ name: t('inputs.lag'), value: formatDuration(input.lag_seconds, i18n.language) });
  }
  const odd = (['refused', 'dropped', 'lost', 'cut', 'broken', 'late'] as const)
    .filter((name) => input[name] > 0)
    .map((name) => ({ name: t(`inputs.${name}`), value: n(input[name]) }));
  const open = input.connections > 0 ? [{ name: t('inputs.connections'), value: n(input.connections) }] : [];
  return [...always, ...open, ...odd];
}

export function InputPanel({ input, onClose }: { input: Input; onClose: () => void }) {
  const { t } = useTranslation();
  const typeOf = useInputType();
  return (
    <SidePanel id={input.name} label={t('inputs.details')} head={<h2>{input.name}</h2>} onClose={onClose}>
      <PanelSection title={typeOf(input.type)}>
        {input.address && <p className="mono">{input.address}</p>}
        {input.routes.map((route) => (
          <p key={route} className={`${classes.where} mono`}>
            {route}
          </p>
        ))}
        <Facts items={useFacts(input)} />
      </PanelSection>
      <PanelSection title={t('inputs.samples')}>
        {input.samples.length === 0 && <p className={classes.none}>{t('inputs.noSamples')}</p>}
        <ul className={classes.sample}>
          {input.samples.map((sample, at) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: samples have no identity of their own
            <li key={at}>
              <p>
                <TimeText time={sample.at} /> · <LogText text={sample.sender_name ?? sample.sender} />
              </p>
              <p>
                <LogText text={sample.reason} />
              </p>
              {sample.excerpt && (
                <p>
                  <LogText text={sample.excerpt} mono />
                </p>
              )}
            </li>
          ))}
        </ul>
      </PanelSection>
    </SidePanel>
  );
}
