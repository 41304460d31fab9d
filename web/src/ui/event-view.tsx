// One event: its fields, its JSON, and what the source really sent, with every byte that could act escaped.

import { Skeleton, Tabs } from '@mantine/core';
import { Copy } from 'lucide-react';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { escapeBytes, safeJson } from '../lib/hostile-text';
import { copyAndSay } from './copy';
import classes from './event-view.module.css';
import { IconButton } from './icon-button';
import { LogText } from './log-text';
import { type Severity, SeverityBadge } from './severity';
import { TimeText } from './time-text';

export const eventTabs = ['fields', 'json', 'raw'] as const;
export type EventTab = (typeof eventTabs)[number];

type Props = {
  event: Record<string, unknown>;
  fields: { name: string; value: string }[];
  erased: 'person' | 'content' | 'both' | undefined;
  /** What the source sent, and whether it is not made of the message. */
  raw: { text: string; original: boolean };
  tab: EventTab;
  onTab: (tab: EventTab) => void;
  proof: ReactNode;
  /** What can be done with a value; nothing without. */
  action: (name: string, value: string) => ReactNode;
};

export function EventView({ event, fields, erased, raw, tab, onTab, proof, action }: Props) {
  const { t } = useTranslation();
  return (
    <Tabs value={tab} onChange={(next) => onTab((next ?? 'fields') as EventTab)} keepMounted={false}>
      <Tabs.List className={classes.tabs}>
        <Tabs.Tab value="fields">{t('events.fields')}</Tabs.Tab>
        <Tabs.Tab value="json">JSON</Tabs.Tab>
        <Tabs.Tab value="raw">{t('events.raw')}</Tabs.Tab>
      </Tabs.List>
      <Tabs.Panel value="fields">
        {proof}
        {erased && <p className={classes.hint}>{t(`events.erased.${erased}`)}</p>}
        <dl className={classes.fields}>
          {fields.map(({ name, value }) => (
            <div key={name}>
              <dt className="mono">
                <LogText text={name} />
              </dt>
              <dd>
                <span className={classes.value}>
                  {name === 'time' || name === 'received' ? (
                    <TimeText time={value} form="absolute" />
                  ) : (
                    <LogText text={value} mono />
                  )}
                </span>
                {action(name, value)}
              </dd>
            </div>
          ))}
        </dl>
      </Tabs.Panel>
      <Tabs.Panel value="json">
        <Source text={safeJson(event)} />
      </Tabs.Panel>
      <Tabs.Panel value="raw">
        <p className={classes.hint}>{raw.original ? t('events.rawText') : t('events.noRaw')}</p>
        <Source text={escapeBytes(raw.text)} />
      </Tabs.Panel>
    </Tabs>
  );
}

/** The head of an event's panel. */
export function EventHead({ severity, time, title }: { severity: Severity; time: string; title: string }) {
  return (
    <>
      <div className={classes.badges}>
        <SeverityBadge severity={severity} />
        <span className={classes.time}>
          <TimeText time={time} />
        </span>
      </div>
      <h2>
        <LogText text={title} />
      </h2>
    </>
  );
}

/** Stands where an event will be. */
export function EventWaiting() {
  return (
    <div className={classes.waiting} aria-hidden="true">
      <Skeleton height={12} width="60%" />
      <Skeleton height={12} width="80%" />
      <Skeleton height={12} width="50%" />
    </div>
  );
}

function Source({ text }: { text: string }) {
  const { t } = useTranslation();
  const copy = async () => {
    await copyAndSay(text, t('common.copied'));
  };
  return (
    <div className={classes.source}>
      <span className={classes.copy}>
        <IconButton label={t('common.copy')} onClick={() => void copy()}>
          <Copy size={15} aria-hidden="true" />
        </IconButton>
      </span>
      <pre>{text}</pre>
    </div>
  );
}
