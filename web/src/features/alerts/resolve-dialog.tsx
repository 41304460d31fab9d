// Closing an alert: why, what there is to say, and whether its anomalies close with it.
import { Button, Modal, Radio, Switch, Textarea } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import classes from './resolve-dialog.module.css';
import { useAlertWork } from './use-alerts';

const reasons = ['true_positive', 'benign', 'false_positive', 'duplicate'] as const;
type Reason = (typeof reasons)[number];

function Form({ id, onClose }: { id: string; onClose: () => void }) {
  const { t } = useTranslation();
  const [reason, setReason] = useState<Reason>('true_positive');
  const [notes, setNotes] = useState('');
  const [anomalies, setAnomalies] = useState(true);
  const work = useAlertWork();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    work.resolve(id, { reason, notes: notes.trim(), resolve_anomalies: anomalies }, onClose);
  };
  return (
    <form onSubmit={submit} className={classes.form}>
      <Radio.Group
        label={t('resolve.reason')}
        value={reason}
        onChange={(value) => setReason(value as Reason)}
      >
        <div className={classes.reasons}>
          {reasons.map((each, index) => (
            <Radio
              key={each}
              value={each}
              data-autofocus={index === 0 || undefined}
              label={t(`reason.${each}`)}
              description={t(`resolve.text.${each}`)}
            />
          ))}
        </div>
      </Radio.Group>
      <Textarea
        label={t('siem.resolutionNotes')}
        placeholder={t('siem.resolutionNotesPlaceholder')}
        autosize={false}
        rows={4}
        maxLength={8192}
        value={notes}
        onChange={(event) => setNotes(event.currentTarget.value)}
      />
      <Switch
        checked={anomalies}
        onChange={(event) => setAnomalies(event.currentTarget.checked)}
        label={t('resolve.anomalies')}
        description={t('resolve.anomaliesText')}
      />
      <div className={classes.buttons}>
        <Button variant="default" onClick={onClose}>
          {t('common.cancel')}
        </Button>
        <Button type="submit" loading={work.busy}>
          {t('siem.resolve')}
        </Button>
      </div>
    </form>
  );
}

export function ResolveDialog({ id, onClose }: { id: string | undefined; onClose: () => void }) {
  const { t } = useTranslation();
  return (
    <Modal
      opened={id !== undefined}
      onClose={onClose}
      title={t('resolve.alertTitle')}
      size={480}
      closeButtonProps={{ 'aria-label': t('common.close') }}
    >
      {id !== undefined && <Form id={id} onClose={onClose} />}
    </Modal>
  );
}
