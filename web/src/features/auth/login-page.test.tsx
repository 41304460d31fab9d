import { screen } from '@testing-library/react';
import { HttpResponse, http } from 'msw';
import { describe, expect, it } from 'vitest';
import { problem } from '../../test/handlers';
import { renderApp } from '../../test/render';
import { server } from '../../test/server';
import { safeNext } from './login-page';

async function fill(user: Awaited<ReturnType<typeof renderApp>>['user'], password: string) {
  await user.type(await screen.findByLabelText('User name'), 'admin');
  await user.type(screen.getByLabelText('Password'), password);
  await user.click(screen.getByRole('button', { name: 'Sign in' }));
}

describe('signing in', () => {
  it('leads whoever is not signed in here and back to where they were going', async () => {
    const { user, router } = await renderApp('/alerts?severity=critical', { world: { signedIn: false } });
    await fill(user, 'correct horse');
    expect(await screen.findByRole('heading', { name: 'Alerts' })).toBeTruthy();
    expect(router.state.location.href).toBe('/alerts?severity=critical');
  });

  it('says that name or password is wrong, and empties the password', async () => {
    const { user } = await renderApp('/login', { world: { signedIn: false } });
    await fill(user, 'wrong');
    expect((await screen.findByRole('alert')).textContent).toContain('not right');
    expect((screen.getByLabelText('Password') as HTMLInputElement).value).toBe('');
    expect((screen.getByLabelText('User name') as HTMLInputElement).value).toBe('admin');
  });

  it('says how long to wait when attempts are limited', async () => {
    const { user } = await renderApp('/login', { world: { signedIn: false } });
    server.use(
      http.post('*/api/auth/login', () =>
        HttpResponse.json(
          { status: 429, code: 'throttled' },
          { status: 429, headers: { 'Retry-After': '20' } },
        ),
      ),
    );
    await fill(user, 'x');
    expect(await screen.findByText(/Wait 20 seconds/)).toBeTruthy();
  });

  it('says that the server cannot be reached', async () => {
    const { user } = await renderApp('/login', { world: { signedIn: false } });
    server.use(http.post('*/api/auth/login', () => HttpResponse.error()));
    await fill(user, 'x');
    expect(await screen.findByText(/cannot be reached/)).toBeTruthy();
  });

  it('leads away whoever may not view security data, and says why', async () => {
    const { router } = await renderApp('/alerts', { world: { permissions: ['ingest'] } });
    expect(await screen.findByText(/may not view security data/)).toBeTruthy();
    expect(router.state.location.pathname).toBe('/login');
  });

  it('leads away when a list answers 403 later on', async () => {
    const { router, user } = await renderApp('/');
    await screen.findByRole('heading', { name: 'Security Intelligence' });
    server.use(http.get('*/api/siem/alerts', () => problem(403, 'forbidden')));
    await user.click(screen.getByRole('link', { name: /^Alerts/ }));
    expect(await screen.findByText(/may not view security data/)).toBeTruthy();
    expect(router.state.location.pathname).toBe('/login');
  });
});

describe('safeNext', () => {
  it.each([
    ['/alerts?severity=high', '/alerts?severity=high'],
    [undefined, '/'],
    ['', '/'],
    ['https://evil.example', '/'],
    ['//evil.example', '/'],
    ['/\\evil.example', '/'],
    ['javascript:alert(1)', '/'],
    ['/login?next=/x', '/'],
  ])('%s', (next, want) => {
    expect(safeNext(next)).toBe(want);
  });
});
