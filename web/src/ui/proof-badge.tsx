// Whether an event can still be proven, asked when somebody wants to know: its proof may have to be sealed first.
import { Button } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { Download, ShieldAlert, ShieldCheck } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { saveFile } from '../lib/save-file';
import classes from './proof-badge.module.css';

type Props = {
  eventId: string;
  /** Asks the server; what it throws may say why in a code. */
  prove: (id: string) => Promise<{ headers: number; bundle: string }>;
};

export function ProofBadge({ eventId, prove }: Props) {
  const { t } = useTranslation();
  const { mutate, data, error, isPending } = useMutation<
    { headers: number; bundle: string },
    Error & { code?: string }
  >({ mutationFn: () => prove(eventId) });
  const code = error?.code;
  const broken = code === 'entry_damaged' || code === 'journal_diverged';
  const never = broken || code === 'entry_archived';
  return (
    <section className={classes.badge} aria-label={t('events.proof.label')} aria-busy={isPending}>
      <p className={classes.text} role="status" data-tone={data ? 'good' : broken ? 'bad' : undefined}>
        {data && <ShieldCheck size={16} aria-hidden="true" />}
        {broken && <ShieldAlert size={16} aria-hidden="true" />}
        {data
          ? t('events.proof.sealed', { count: data.headers })
          : never
            ? t(`events.proof.${code}`)
            : t(error ? 'events.proof.failed' : 'events.proof.idle')}
      </p>
      {data ? (
        <Button
          size="compact-sm"
          variant="default"
          leftSection={<Download size={14} aria-hidden="true" />}
          title={t('events.proof.downloadText')}
          onClick={() => saveFile(`tocsin-proof-${eventId}.ndjson`, data.bundle)}
        >
          {t('events.proof.download')}
        </Button>
      ) : (
        !never && (
          <Button size="compact-sm" variant="default" loading={isPending} onClick={() => mutate()}>
            {t('events.proof.check')}
          </Button>
        )
      )}
    </section>
  );
}
