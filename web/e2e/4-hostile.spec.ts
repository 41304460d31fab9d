// What attackers put into a log never acts on whoever reads it.
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { launch, visit } from './browser';

let browser: Browser;
/** A line that must never act: markup, terminal codes, a turned reading direction, a NUL. */
const hostileMessage =
  'bell-test <script>window.__pwned=1</script> \u001b[31mred\u001b[0m admin\u202egnp.exe\u202c nul\u0000end';
const shownMessage =
  'bell-test <script>window.__pwned=1</script> ‹ESC›[31mred‹ESC›[0m admin‹U+202E›gnp.exe‹U+202C› nul‹NUL›end';

const post = (path: string, body: object, token = '') =>
  fetch(inject('url') + path, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${token}` },
    body: JSON.stringify(body),
  });

beforeAll(async () => {
  const login = await post('/api/auth/login', { username: 'admin', password: inject('password') });
  const { token } = (await login.json()) as { token: string };
  const answer = await post(
    '/api/siem/events',
    {
      source: 'application',
      category: 'data_access',
      severity: 'critical',
      user: '<img src=x onerror="window.__pwned=2">',
      message: hostileMessage,
      attrs: { note: '"><svg onload="window.__pwned=3">', '<b>name</b>': '\u202ereversed' },
    },
    token,
  );
  expect(await answer.json()).toMatchObject({ accepted: 1 });
  browser = await launch();
});
afterAll(() => browser?.close());

const inert = (page: Page) =>
  page.evaluate(() => ({
    pwned: (window as unknown as { __pwned?: number }).__pwned,
    markup: document.querySelectorAll('main script, main img, main svg[onload], main b').length,
  }));

describe('a hostile event', () => {
  it('is text in the list, its fields, its JSON and its raw form', async () => {
    const { page, problems, close } = await visit(browser, '/events?q=bell-test&source=application');
    const row = page.locator('tr[data-id]').first();
    await row.waitFor();
    expect(await row.locator('[data-row-link]').textContent()).toBe(shownMessage);
    expect(await inert(page)).toEqual({ pwned: undefined, markup: 0 });
    await row.locator('[data-row-link]').click();
    const panel = page.getByRole('complementary', { name: 'Event' });
    await panel.getByText('onerror').first().waitFor();
    expect(await inert(page)).toEqual({ pwned: undefined, markup: 0 });
    for (const tab of ['JSON', 'Raw']) {
      await panel.getByRole('tab', { name: tab }).click();
      const text = await panel.locator('pre').textContent();
      expect(text).not.toContain('\u202e');
      expect(text).not.toContain('\u001b');
      expect(text).toContain(tab === 'JSON' ? '\\u202e' : '\\xe2\\x80\\xae');
      expect(await inert(page)).toEqual({ pwned: undefined, markup: 0 });
    }
    expect(problems).toEqual([]);
    await close();
  });

  it('is text in the title of the alert it raised', async () => {
    const { page, problems, close } = await visit(browser, '/alerts?rule=RULE-CRITICAL-EVENT');
    await page.getByText('<img src=x onerror', { exact: false }).first().waitFor();
    expect(await inert(page)).toEqual({ pwned: undefined, markup: 0 });
    expect(problems).toEqual([]);
    await close();
  });

  it('finds a page that allows no inline script and no other origin', async () => {
    const answer = await fetch(inject('url'));
    const policy = answer.headers.get('Content-Security-Policy') ?? '';
    expect(policy).toMatch(/script-src 'self'(;|$)/);
    expect(policy).not.toMatch(/https?:|\*/);
    expect(await answer.text()).not.toMatch(/<script(?![^>]*src=)/);
  });
});
