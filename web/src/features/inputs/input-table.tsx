// The inputs: where each listens and what comes in by it.
import { Link } from '@tanstack/react-router';
import type { RefObject } from 'react';
import { useTranslation } from 'react-i18next';
import { type Column, DataTable } from '../../ui/data-table';
import { ErrorState } from '../../ui/state';
import { useFlowColumns, useRejectedColumn } from './flow';
import classes from './inputs.module.css';
import type { Input, useInputList } from './use-inputs';

type Props = {
  list: ReturnType<typeof useInputList>;
  selectedId: string | undefined;
  tableRef: RefObject<HTMLTableElement | null>;
  onOpen: (name: string) => void;
};

/** What an input is called in its language; an unknown kind by its own word. */
export function useInputType() {
  const { t, i18n } = useTranslation();
  return (type: string) =>
    i18n.exists(`inputs.type.${type}`) ? t(`inputs.type.${type}` as 'inputs.type.http') : type;
}

/** Where it is: an address of its own, or paths of the server. */
export function Where({ input }: { input: Input }) {
  return input.address ? (
    <span className={`${classes.where} mono`}>{input.address}</span>
  ) : (
    input.routes.slice(0, 2).map((route) => (
      <span key={route} className={`${classes.where} mono`}>
        {route.split(' ').at(-1)}
      </span>
    ))
  );
}

export function InputTable({ list, selectedId, tableRef, onOpen }: Props) {
  const { t } = useTranslation();
  const typeOf = useInputType();
  const flow = useFlowColumns<Input>((input) => input.name);
  const rejected = useRejectedColumn<Input>();
  const columns: Column<Input>[] = [
    {
      id: 'name',
      header: t('inputs.name'),
      narrow: 'first',
      cell: (input) => (
        <>
          <Link to="/inputs" search={{ input: input.name }} className={classes.link} data-row-link>
            {input.name}
          </Link>
          <span className={classes.type}>{typeOf(input.type)}</span>
        </>
      ),
    },
    {
      id: 'where',
      header: t('inputs.where'),
      width: '220px',
      wideOnly: true,
      cell: (input) => <Where input={input} />,
    },
    ...flow.slice(0, 2),
    rejected,
    ...flow.slice(2),
  ];
  if (list.error && !list.data) {
    return (
      <ErrorState
        title={t('inputs.failed')}
        detail={t('common.failedText')}
        onRetry={() => void list.refetch()}
      />
    );
  }
  return (
    <DataTable
      caption={t('inputs.title')}
      columns={columns}
      rows={list.data?.items ?? []}
      rowId={(input) => input.name}
      selectedId={selectedId}
      tableRef={tableRef}
      loading={list.isPending}
      onOpen={(input) => onOpen(input.name)}
    />
  );
}
