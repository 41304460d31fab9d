// Pictures of every page in both themes at 1440 and 390 px, for people to look at (e2e/shots), and the ones of the
// docs when TOCSIN_DOC_SHOTS names a folder.
import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { alertRaised, launch, type Theme, visit } from './browser';

const shots = resolve('e2e/shots');
const docs = process.env.TOCSIN_DOC_SHOTS;

let browser: Browser;
beforeAll(async () => {
  mkdirSync(shots, { recursive: true });
  if (docs) mkdirSync(resolve(docs), { recursive: true });
  browser = await launch();
  const { page, close } = await visit(browser, '/');
  await alertRaised(page);
  await page.request.post(new URL('/api/siem/logs/verify', page.url()).href);
  // the demo raises more than the first alert: a picture shows them, when they come in time
  await page
    .getByRole('link', { name: /Repeated LLM violations by/ })
    .waitFor({ timeout: 40_000 })
    .catch(() => undefined);
  await close();
});
afterAll(() => browser?.close());

/** Goes to a page by its address and waits until its rows are there and nothing is loading. */
async function show(page: Page, path: string): Promise<void> {
  await page.goto(new URL(path, page.url()).href);
  await page.waitForLoadState('domcontentloaded');
  await page.waitForFunction(
    () => document.querySelector('h1') && !document.querySelector('[class*=Skeleton]'),
  );
  await page.evaluate(() => document.fonts.ready);
  await page.waitForTimeout(600);
}

async function firstLink(page: Page, path: string, text = ''): Promise<string> {
  await show(page, path);
  const link = page.locator('[data-row-link]').filter({ hasText: text }).first();
  await link.waitFor().catch(async (error) => {
    throw new Error(`${path} shows no row: ${await page.locator('main').textContent()}`, { cause: error });
  });
  return (await link.getAttribute('href')) ?? path;
}

describe.each([
  ['light', 1440],
  ['dark', 1440],
  ['light', 390],
  ['dark', 390],
] as [Theme, number][])('%s at %i', (theme, width) => {
  it('can be looked at', async () => {
    const { page, problems, close } = await visit(browser, '/', {
      theme,
      width,
      height: width > 700 ? 900 : 844,
    });
    const alert = await firstLink(page, '/alerts', 'Brute-force attack');
    const anomaly = await firstLink(page, '/anomalies');
    const event = await firstLink(page, '/events?category=login_failed');
    const pages = {
      overview: '/',
      alerts: '/alerts',
      alert,
      anomalies: '/anomalies',
      anomaly,
      events: '/events',
      event,
      tail: '/events?live=1',
      empty: '/alerts?severity=low',
    };
    for (const [name, path] of Object.entries(pages)) {
      await show(page, path);
      if (name === 'tail') await page.waitForSelector('tr[data-id]', { timeout: 30_000 });
      await page.screenshot({ path: join(shots, `${name}-${width}-${theme}.png`) });
      if (docs && width === 1440 && ['overview', 'alert'].includes(name)) {
        await page.screenshot({
          path: resolve(docs, theme === 'light' ? `${name}.png` : `${name}-dark.png`),
        });
      }
    }
    expect(problems).toEqual([]);
    await close();
  });

  it('shows the login', async () => {
    const { page, close } = await visit(browser, '/', { theme, width, signedIn: false });
    await page.waitForSelector('input[name=username]');
    await page.waitForTimeout(300);
    await page.screenshot({ path: join(shots, `login-${width}-${theme}.png`) });
    await close();
  });
});
