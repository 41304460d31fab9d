import { screen, waitFor, within } from '@testing-library/react';
import { HttpResponse, http } from 'msw';
import { describe, expect, it } from 'vitest';
import { renderApp } from '../../test/render';
import { server } from '../../test/server';
import { placeOf, senders, snippetOf } from './snippets';

describe('the inputs', () => {
  it('are shown with where they listen, and what was refused', async () => {
    await renderApp('/inputs');
    const row = within((await screen.findByRole('link', { name: 'http' })).closest('tr') as HTMLElement);
    expect(row.getByText('/api/siem/events')).toBeTruthy();
    expect(row.getByText('Events as JSON or lines')).toBeTruthy();
    expect(row.getByRole('img', { name: /http: records of each/ })).toBeTruthy();
    expect(row.getByText('2')).toBeTruthy();
    const edge = within(screen.getByRole('link', { name: 'edge' }).closest('tr') as HTMLElement);
    expect(edge.getByText('127.0.0.1:5514')).toBeTruthy();
    expect(edge.getByText('nothing yet')).toBeTruthy();
    expect(screen.getByText('something_new')).toBeTruthy();
  });

  it('open beside the list, with samples shown as text', async () => {
    const { user, router } = await renderApp('/inputs');
    await user.click(await screen.findByRole('link', { name: 'http' }));
    const panel = within(await screen.findByRole('complementary', { name: 'Input details' }));
    expect(panel.getByText('{"user":<script>alert(1)</script>')).toBeTruthy();
    expect(panel.getByText('shop')).toBeTruthy();
    expect(panel.getByText('tok-9')).toBeTruthy();
    expect(router.state.location.search).toEqual({ input: 'http' });
    await user.keyboard('{Escape}');
    await waitFor(() => expect(screen.queryByRole('complementary')).toBeNull());
  });

  it('say so when they cannot be read, and try again', async () => {
    const { user } = await renderApp('/inputs', {});
    server.use(http.get('*/api/siem/sources', () => HttpResponse.json({ status: 500 }, { status: 500 })));
    await user.click(await screen.findByRole('link', { name: 'Sources' }));
    expect(await screen.findByText('This could not be loaded')).toBeTruthy();
  });

  it('show sources and senders', async () => {
    const { user } = await renderApp('/inputs');
    await user.click(await screen.findByRole('link', { name: 'Sources' }));
    expect(await screen.findByRole('link', { name: 'llm' })).toBeTruthy();
    expect(screen.getByText('as application')).toBeTruthy();
    await user.click(screen.getByRole('link', { name: 'Senders' }));
    expect(await screen.findByText('syslog:192.0.2.7')).toBeTruthy();
  });

  it('send a test event and show it', async () => {
    const { user, router } = await renderApp('/inputs');
    await user.click(await screen.findByRole('button', { name: 'Send a test event' }));
    await waitFor(() => expect(router.state.location.pathname).toBe('/events/ev-1'));
    expect(screen.getByText('The test event is recorded.')).toBeTruthy();
  });
});

describe('tokens', () => {
  it('are made, shown once, and revoked', async () => {
    const { user } = await renderApp('/inputs?view=tokens');
    await user.type(await screen.findByLabelText(/Name/), 'edge');
    await user.click(screen.getByRole('button', { name: 'Make a token' }));
    expect(await screen.findByText('tocsin_i_SECRET')).toBeTruthy();
    await user.click(await screen.findByRole('button', { name: 'Revoke edge' }));
    const dialog = within(await screen.findByRole('dialog', { name: 'Revoke the token' }));
    await user.click(dialog.getByRole('button', { name: 'Revoke' }));
    expect(await screen.findByText('The token is revoked.')).toBeTruthy();
    await waitFor(() => expect(screen.queryByRole('button', { name: 'Revoke edge' })).toBeNull());
  });

  it('are not offered to who may only look', async () => {
    await renderApp('/inputs', { world: { permissions: ['security.view_audit'] } });
    await screen.findByRole('link', { name: 'http' });
    expect(screen.queryByRole('link', { name: 'Tokens' })).toBeNull();
    expect(screen.queryByRole('button', { name: 'Send a test event' })).toBeNull();
  });
});

describe('connecting a sender', () => {
  it('puts the new token into what is to be copied', async () => {
    const { user } = await renderApp('/inputs?view=connect');
    expect(await screen.findByText(/Bearer TOKEN/)).toBeTruthy();
    await user.click(screen.getByRole('button', { name: 'Make a token for it' }));
    expect(await screen.findByText(/Bearer tocsin_i_SECRET/)).toBeTruthy();
    await user.selectOptions(screen.getByLabelText('What sends'), 'Filebeat');
    expect(await screen.findByText(/api_key: "tocsin:TOKEN"/)).toBeTruthy();
  });

  it.each(senders)('%s is told where this Tocsin is', (sender) => {
    const place = placeOf(new URL('https://siem.example.com/inputs'), '0.0.0.0:6514');
    const { code } = snippetOf(sender, place, 'tocsin_i_X');
    expect(code).toContain('siem.example.com');
    expect(code.includes('tocsin_i_X')).toBe(sender !== 'rsyslog');
    if (sender === 'rsyslog') expect(code).toContain('port="6514"');
    if (sender === 'fluent-bit') expect(code).toMatch(/Port +443[\s\S]*Tls +On/);
  });
});

describe('in Romanian', () => {
  it('has its words', async () => {
    await renderApp('/inputs', { language: 'ro' });
    expect(await screen.findByRole('heading', { name: 'Intrări' })).toBeTruthy();
    expect(await screen.findByText('Evenimente ca JSON sau linii')).toBeTruthy();
  });
});
