// How a sender is pointed here: choose one, make a token for it, copy what to write.
import { Button, NativeSelect } from '@mantine/core';
import { useNavigate } from '@tanstack/react-router';
import { KeyRound } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Snippet } from '../../ui/snippet';
import classes from './inputs.module.css';
import type { InputsSearch } from './inputs-search';
import { placeOf, type Sender, senderNames, senders, snippetOf } from './snippets';
import { useInputList, useTokens } from './use-inputs';

export function Connect({ search, mayManage }: { search: InputsSearch; mayManage: boolean }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const { data } = useInputList();
  const { issue, busy } = useTokens();
  const [token, setToken] = useState<string>();
  const sender = search.sender ?? 'curl';
  const syslog = data?.items.find((input) => input.type === 'syslog_tcp')?.address;
  const { file, code } = snippetOf(sender, placeOf(new URL(location.href), syslog), token);
  const choose = (next: Sender) => {
    setToken(undefined);
    void navigate({ to: '/inputs', search: { view: 'connect', sender: next }, replace: true });
  };
  return (
    <section className={classes.connect} aria-label={t('inputs.view.connect')}>
      <div className={classes.form}>
        <NativeSelect
          label={t('inputs.senderKind')}
          value={sender}
          onChange={(event) => choose(event.currentTarget.value as Sender)}
        >
          {senders.map((each) => (
            <option key={each} value={each}>
              {senderNames[each]}
            </option>
          ))}
        </NativeSelect>
        {mayManage && sender !== 'rsyslog' && (
          <Button
            variant="default"
            leftSection={<KeyRound size={15} aria-hidden="true" />}
            loading={busy}
            onClick={() => issue(senderNames[sender], 'ingest', setToken)}
          >
            {t('inputs.makeToken')}
          </Button>
        )}
      </div>
      <p className={classes.hint} role="status">
        {sender === 'rsyslog'
          ? t('inputs.noToken')
          : token
            ? t('inputs.tokenShown')
            : t('inputs.tokenNeeded')}
      </p>
      <Snippet title={file ?? senderNames[sender]} code={code} />
    </section>
  );
}
