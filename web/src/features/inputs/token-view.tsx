// The tokens: made here, shown once, revoked here.
import { Button, Modal, NativeSelect, TextInput } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Schemas } from '../../api/client';
import { type Column, DataTable } from '../../ui/data-table';
import { LoadMore } from '../../ui/load-more';
import { Snippet } from '../../ui/snippet';
import { ErrorState } from '../../ui/state';
import { TimeText } from '../../ui/time-text';
import classes from './inputs.module.css';
import { type Token, useTokenList, useTokens } from './use-inputs';

const scopes = ['ingest', 'read', 'manage'] as const satisfies readonly Schemas['Scope'][];

function NewToken({ tokens }: { tokens: ReturnType<typeof useTokens> }) {
  const { t } = useTranslation();
  const [name, setName] = useState('');
  const [scope, setScope] = useState<Schemas['Scope']>('ingest');
  const [made, setMade] = useState<string>();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (name.trim() === '' || tokens.busy) return;
    tokens.issue(name.trim(), scope, (token) => {
      setMade(token);
      setName('');
    });
  };
  return (
    <>
      <form className={classes.form} onSubmit={submit}>
        <TextInput
          label={t('inputs.token.name')}
          required
          maxLength={100}
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <NativeSelect
          label={t('inputs.token.scope')}
          value={scope}
          onChange={(event) => setScope(event.currentTarget.value as Schemas['Scope'])}
        >
          {scopes.map((each) => (
            <option key={each} value={each}>
              {t(`inputs.token.scopes.${each}`)}
            </option>
          ))}
        </NativeSelect>
        <Button type="submit" loading={tokens.busy} disabled={name.trim() === ''}>
          {t('inputs.token.make')}
        </Button>
      </form>
      <div className={classes.secret} role="status">
        {made && (
          <>
            <p>{t('inputs.token.once')}</p>
            <Snippet title={t('inputs.token.secret')} code={made} />
          </>
        )}
      </div>
    </>
  );
}

function Revoke({ token, onClose }: { token: Token | undefined; onClose: () => void }) {
  const { t } = useTranslation();
  const { revoke, busy } = useTokens();
  return (
    <Modal
      opened={token !== undefined}
      onClose={onClose}
      title={t('inputs.token.revokeTitle')}
      closeButtonProps={{ 'aria-label': t('common.close') }}
    >
      <p>{t('inputs.token.revokeText', { name: token?.name ?? '' })}</p>
      <div className={classes.form}>
        <Button variant="default" onClick={onClose}>
          {t('common.cancel')}
        </Button>
        <Button loading={busy} onClick={() => token && revoke(token.id, onClose)}>
          {t('inputs.token.revoke')}
        </Button>
      </div>
    </Modal>
  );
}

export function TokenView() {
  const { t } = useTranslation();
  const list = useTokenList();
  const tokens = useTokens();
  const [revoking, setRevoking] = useState<Token>();
  const columns: Column<Token>[] = [
    { id: 'name', header: t('inputs.token.name'), narrow: 'first', cell: (token) => token.name },
    {
      id: 'scope',
      header: t('inputs.token.scope'),
      width: '200px',
      cell: (token) => t(`inputs.token.scopes.${token.scope}`),
    },
    {
      id: 'used',
      header: t('inputs.token.used'),
      width: '150px',
      narrow: 'hide',
      cell: (token) =>
        token.last_used_at ? (
          <TimeText time={token.last_used_at} form="relative" />
        ) : (
          <span className={classes.none}>{t('inputs.token.never')}</span>
        ),
    },
    {
      id: 'actions',
      header: t('common.actions'),
      width: '130px',
      narrow: 'end',
      cell: (token) => (
        <Button
          variant="subtle"
          data-size="compact"
          aria-label={t('inputs.token.revokeOne', { name: token.name })}
          onClick={() => setRevoking(token)}
        >
          {t('inputs.token.revoke')}
        </Button>
      ),
    },
  ];
  if (list.error && list.tokens.length === 0) {
    return (
      <ErrorState
        title={t('inputs.failed')}
        detail={t('common.failedText')}
        onRetry={() => void list.refetch()}
      />
    );
  }
  return (
    <>
      <NewToken tokens={tokens} />
      <DataTable
        caption={t('inputs.view.tokens')}
        columns={columns}
        rows={list.tokens}
        rowId={(token) => token.id}
        loading={list.isPending}
      />
      {list.isSuccess && (
        <LoadMore
          shown={list.tokens.length}
          total={list.total}
          more={list.hasNextPage}
          loading={list.isFetchingNextPage}
          onMore={() => void list.fetchNextPage()}
        />
      )}
      <Revoke token={revoking} onClose={() => setRevoking(undefined)} />
    </>
  );
}
