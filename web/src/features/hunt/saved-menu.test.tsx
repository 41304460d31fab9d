import { notifications } from '@mantine/notifications';
import { screen, waitFor, within } from '@testing-library/react';
import { http } from 'msw';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Schemas } from '../../api/client';
import { problem } from '../../test/handlers';
import { aSaved, savedHandlers } from '../../test/hunt';
import { renderApp } from '../../test/render';
import { server } from '../../test/server';

beforeEach(() => notifications.clean());

type Saved = Schemas['SavedSearch'];
const names = (kept: Saved[]) => kept.map(({ name }) => name).sort();

async function open(
  path: string,
  kept: Saved[],
  language: 'en' | 'ro' = 'en',
  permissions?: Schemas['Permission'][],
) {
  const view = await renderApp('/login', { language, world: permissions ? { permissions } : {} });
  server.use(...savedHandlers(kept));
  await view.router.navigate({ href: path });
  return view;
}
const menu = (name = 'Saved') => screen.findByRole('button', { name });

describe('saved searches', () => {
  it('are opened from a menu by keyboard, with their time and columns', async () => {
    const kept = [
      aSaved({ q: 'user=root', span: '3d', columns: ['time', 'message'] }),
      aSaved({ id: 's2', name: 'B' }),
    ];
    const { user, router } = await open('/hunt?q=x&from=2026-01-01T00:00:00Z', kept);
    (await menu()).focus();
    await user.keyboard('{Enter}');
    const item = await screen.findByRole('menuitem', { name: /Failed by user/ });
    item.focus();
    await user.keyboard('{Enter}');
    await waitFor(() =>
      expect(router.state.location.href).toBe('/hunt?q=user%3Droot&range=3d&columns=time,message'),
    );
    expect(((await screen.findByLabelText('Time range')) as HTMLSelectElement).selectedOptions[0]?.text).toBe(
      '3 days',
    );
    await user.click(await menu());
    expect(
      (await screen.findByRole('menuitem', { name: /Failed by user/ })).getAttribute('aria-current'),
    ).toBe('true');
  });

  it('can be opened where nothing is asked yet, but nothing saved', async () => {
    const { user } = await open('/hunt', []);
    await user.click(await menu());
    expect(await screen.findByText('Nothing is saved yet.')).toBeTruthy();
    expect(screen.queryByRole('menuitem', { name: /^Save this/ })).toBeNull();
  });

  it('take the present hunt under a name, without a fixed time', async () => {
    const kept: Saved[] = [];
    const { user } = await open('/hunt?q=user%3Droot&range=24h&columns=time,user', kept);
    await waitFor(() => expect(screen.getByRole('button', { name: 'Live tail' })).toBeTruthy());
    await user.click(await menu());
    await user.click(await screen.findByRole('menuitem', { name: 'Save this hunt…' }));
    const dialog = await screen.findByRole('dialog', { name: 'Save this hunt' });
    expect(within(dialog).getByText(/24 hours|1 day/)).toBeTruthy();
    await user.type(within(dialog).getByRole('textbox', { name: 'Name' }), ' Root {Enter}');
    const toast = (await screen.findByText('Search saved.')).closest<HTMLElement>('[role="status"]');
    expect(within(toast as HTMLElement).getByRole('button', { name: 'Close' })).toBeTruthy();
    expect(kept[0]).toMatchObject({ name: 'Root', q: 'user=root', span: '24h', columns: ['time', 'user'] });
  });

  it('are replaced by one of their name, and by the present hunt', async () => {
    const kept = [aSaved({ name: 'Root' })];
    const { user } = await open('/hunt?q=user%3Droot&from=2026-01-01T00:00:00Z', kept);
    await screen.findByRole('button', { name: 'Live tail' });
    await user.click(await menu());
    await user.click(await screen.findByRole('menuitem', { name: 'Save this hunt…' }));
    const dialog = await screen.findByRole('dialog', { name: 'Save this hunt' });
    expect(within(dialog).getByText(/^The fixed time is not kept/)).toBeTruthy();
    await user.type(within(dialog).getByRole('textbox', { name: 'Name' }), 'ROOT');
    expect(within(dialog).getByText(/it is replaced/)).toBeTruthy();
    await user.click(within(dialog).getByRole('button', { name: 'Replace' }));
    await waitFor(() => expect(kept).toMatchObject([{ name: 'Root', q: 'user=root' }]));
    expect(kept[0]?.span).toBeUndefined();
  });

  it('are renamed, deleted and brought back', async () => {
    const kept = [aSaved({ name: 'One', span: '1h' }), aSaved({ id: 's2', name: 'Two' })];
    const { user } = await open('/hunt', kept);
    await user.click(await menu());
    await user.click(await screen.findByRole('menuitem', { name: 'All saved searches…' }));
    const dialog = within(await screen.findByRole('dialog', { name: 'Saved searches' }));
    await user.click(await dialog.findByRole('button', { name: 'Rename One' }));
    const name = await dialog.findByRole('textbox', { name: 'Name' });
    await user.clear(name);
    await user.type(name, 'two{Enter}');
    expect(await dialog.findByText('Another saved search has this name.')).toBeTruthy();
    await user.keyboard('{Escape}');
    expect(screen.getByRole('dialog', { name: 'Saved searches' })).toBeTruthy();
    await user.click(await dialog.findByRole('button', { name: 'Rename One' }));
    await user.clear(await dialog.findByRole('textbox', { name: 'Name' }));
    await user.keyboard('Three{Enter}');
    await waitFor(() => expect(names(kept)).toEqual(['Three', 'Two']));
    await user.click(await dialog.findByRole('button', { name: 'Delete Three' }));
    const undo = await dialog.findByRole('button', { name: 'Undo' });
    expect(names(kept)).toEqual(['Two']);
    expect(document.activeElement).toBe(undo);
    await user.keyboard('{Enter}');
    await waitFor(() => expect(names(kept)).toEqual(['Three', 'Two']));
    expect(kept.find((each) => each.name === 'Three')).toMatchObject({ span: '1h' });
    expect(await dialog.findByRole('button', { name: 'Delete Three' })).toBeTruthy();
    expect(dialog.queryByRole('button', { name: 'Undo' })).toBeNull();
  });

  it('of others cannot be changed by who only reads', async () => {
    const kept = [aSaved({ name: 'Mine' }), aSaved({ id: 's2', name: 'Theirs', created_by: 'ana' })];
    const { user } = await open('/hunt?q=x', kept, 'en', ['security.view_audit']);
    await screen.findByRole('button', { name: 'Live tail' });
    await user.click(await menu());
    await user.click(await screen.findByRole('menuitem', { name: 'All saved searches…' }));
    const dialog = within(await screen.findByRole('dialog', { name: 'Saved searches' }));
    expect(await dialog.findByRole('button', { name: 'Replace Mine by the present hunt' })).toBeTruthy();
    expect(dialog.queryByRole('button', { name: 'Delete Theirs' })).toBeNull();
    expect(dialog.getByText(/^Somebody else’s/)).toBeTruthy();
  });

  it.each([
    [403, 'forbidden', undefined, 'Contul dumneavoastră nu poate modifica aceasta.'],
    [404, 'not_found', undefined, 'Nu mai există: cineva a șters-o.'],
    [400, 'invalid_query', 'q', 'Căutarea nu poate fi înțeleasă, așa că nu poate fi păstrată.'],
    [400, 'invalid_field', 'name', /^Acesta nu poate fi un nume/],
    [500, 'internal', undefined, /^Nu s-a putut face/],
  ])('say in Romanian why something was not done (%i %s)', async (status, code, field, text) => {
    const { user } = await open('/hunt?q=x', [aSaved({ name: 'Una' })], 'ro');
    server.use(
      http.put('*/api/siem/searches/:id', async () => {
        const answer = problem(status, code, 'english');
        return field ? Response.json({ ...((await answer.json()) as object), field }, { status }) : answer;
      }),
    );
    await screen.findByRole('button', { name: 'În direct' });
    await user.click(await menu('Salvate'));
    await user.click(await screen.findByRole('menuitem', { name: 'Toate căutările salvate…' }));
    const dialog = within(await screen.findByRole('dialog', { name: 'Căutări salvate' }));
    await user.click(await dialog.findByRole('button', { name: /^Înlocuiți Una/ }));
    expect((await dialog.findByText(text)).getAttribute('role')).toBe('alert');
  });
});
