// How events come in: what each input takes and refuses, who sends, and how a further sender is pointed here.
import { Button } from '@mantine/core';
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router';
import { Send } from 'lucide-react';
import { useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { useMay } from '../../api/hooks';
import { ListLayout } from '../../ui/list-layout';
import { Page } from '../../ui/page';
import { useRowKeys } from '../../ui/row-keys';
import { Connect } from './connect';
import { InputPanel } from './input-panel';
import { InputTable } from './input-table';
import classes from './inputs.module.css';
import { views } from './inputs-search';
import { SenderTable, SourceTable } from './source-table';
import { TokenView } from './token-view';
import { useInputList, useTestEvent } from './use-inputs';

const route = getRouteApi('/in/inputs');

function Views({ mayManage }: { mayManage: boolean }) {
  const { t } = useTranslation();
  const { view } = route.useSearch();
  const shown = views.filter((each) => each !== 'tokens' || mayManage);
  return (
    <nav aria-label={t('inputs.views')}>
      <ul className={classes.views}>
        {[undefined, ...shown].map((each) => (
          <li key={each ?? 'inputs'}>
            <Link
              to="/inputs"
              search={each ? { view: each } : {}}
              aria-current={view === each ? 'page' : undefined}
              activeOptions={{ exact: true, includeSearch: true }}
              activeProps={{}}
            >
              {t(`inputs.view.${each ?? 'inputs'}`)}
            </Link>
          </li>
        ))}
      </ul>
    </nav>
  );
}

export function InputsPage() {
  const { t } = useTranslation();
  const search = route.useSearch();
  const navigate = useNavigate();
  const table = useRef<HTMLTableElement>(null);
  const list = useInputList();
  const mayManage = useMay('security.manage');
  const test = useTestEvent(
    (id) => void navigate({ to: '/events/$eventId', params: { eventId: id }, search: {} }),
  );
  const open = (name: string) => void navigate({ to: '/inputs', search: { input: name } });
  const selected = search.view ? undefined : list.data?.items.find((input) => input.name === search.input);
  useRowKeys({ table, selectedId: selected?.name, onMove: open });
  return (
    <ListLayout
      list={
        <Page
          title={t('inputs.title')}
          actions={
            mayManage && (
              <Button
                variant="default"
                leftSection={<Send size={15} aria-hidden="true" />}
                loading={test.busy}
                onClick={test.send}
              >
                {t('inputs.sendTest')}
              </Button>
            )
          }
          below={<Views mayManage={mayManage} />}
        >
          {search.view === undefined && (
            <InputTable list={list} selectedId={selected?.name} tableRef={table} onOpen={open} />
          )}
          {search.view === 'sources' && <SourceTable />}
          {search.view === 'senders' && <SenderTable />}
          {search.view === 'connect' && <Connect search={search} mayManage={mayManage} />}
          {search.view === 'tokens' && mayManage && <TokenView />}
        </Page>
      }
      panel={
        selected && (
          <InputPanel input={selected} onClose={() => void navigate({ to: '/inputs', search: {} })} />
        )
      }
    />
  );
}
