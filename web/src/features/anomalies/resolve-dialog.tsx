// Closing an anomaly, with notes.
import { Button, Modal, Textarea } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import classes from './resolve-dialog.module.css';
import { useResolveAnomaly } from './use-anomalies';

function Form({ id, onClose }: { id: string; onClose: () => void }) {
  const { t } = useTranslation();
  const [notes, setNotes] = useState('');
  const { resolve, busy } = useResolveAnomaly();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    resolve(id, notes.trim(), onClose);
  };
  return (
    <form onSubmit={submit} className={classes.form}>
      <p className={classes.effect}>{t('anomalies.resolveText')}</p>
      <Textarea
        data-autofocus
        label={t('siem.resolutionNotes')}
        placeholder={t('siem.resolutionNotesPlaceholder')}
        rows={4}
        maxLength={8192}
        value={notes}
        onChange={(event) => setNotes(event.currentTarget.value)}
      />
      <div className={classes.buttons}>
        <Button variant="default" onClick={onClose}>
          {t('common.cancel')}
        </Button>
        <Button type="submit" loading={busy}>
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
      title={t('anomalies.resolveTitle')}
      size={460}
      closeButtonProps={{ 'aria-label': t('common.close') }}
    >
      {id !== undefined && <Form id={id} onClose={onClose} />}
    </Modal>
  );
}
