// The inputs page against the real binary: clean for axe, pictures in e2e/shots, and a whole way through: a token is
// made, something is sent with it, and the page tells of it.
import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { axe, launch, type Theme, visit } from './browser';

const shots = resolve('e2e/shots');
const docs = process.env.TOCSIN_DOC_SHOTS;
let browser: Browser;
beforeAll(async () => {
  mkdirSync(shots, { recursive: true });
  browser = await launch();
});
afterAll(() => browser?.close());

const pages = {
  inputs: '/inputs',
  panel: '/inputs?input=http',
  sources: '/inputs?view=sources',
  senders: '/inputs?view=senders',
  connect: '/inputs?view=connect&sender=otel',
  tokens: '/inputs?view=tokens',
};

it('a token is made, used and revoked, and what came with it is told', async () => {
  const { page, problems, close } = await visit(browser, '/inputs?view=connect');
  await page.getByRole('button', { name: 'Make a token for it' }).click();
  const code = page.locator('pre');
  await code.getByText(/Bearer tocsin_i_/).waitFor();
  const token = /Bearer (\S+?)'/.exec((await code.textContent()) ?? '')?.[1];
  const url = new URL('/api/siem/events', page.url()).href;
  const send = (data: string) =>
    fetch(url, {
      method: 'POST',
      headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
      body: data,
    });
  expect(
    (await send('[{"source":"shop","message":"order paid"},{"message":7,"password":"hunter2"}]')).status,
  ).toBe(200);
  await page.getByRole('link', { name: 'Senders', exact: true }).click();
  await page.getByRole('row', { name: /^curl/ }).waitFor();
  await page.getByRole('link', { name: 'Sources', exact: true }).click();
  await page.getByRole('link', { name: 'shop' }).waitFor();
  await page.getByRole('link', { name: 'Inputs', exact: true }).last().click();
  await page.getByRole('link', { name: 'http', exact: true }).click();
  const panel = page.getByRole('complementary', { name: 'Input details' });
  await panel.getByText(/message: want text/).waitFor();
  expect(await panel.textContent()).not.toContain('hunter2');
  await page.keyboard.press('Escape');

  await page.getByRole('button', { name: 'Send a test event' }).click();
  await page
    .getByRole('complementary')
    .getByText(/sent a test event/)
    .first()
    .waitFor();

  await page.goto(new URL('/inputs?view=tokens', page.url()).href);
  await page.getByRole('button', { name: 'Revoke curl' }).first().click();
  await page.getByRole('dialog').getByRole('button', { name: 'Revoke' }).click();
  await page.getByText('The token is revoked.').waitFor();
  expect((await send('{"message":"too late"}')).status).toBe(401);
  expect(problems).toEqual([]);
  await close();
});

describe.each([
  ['light', 'en', 1440],
  ['dark', 'ro', 1440],
  ['light', 'ro', 390],
  ['dark', 'en', 390],
] as [Theme, 'en' | 'ro', number][])('%s, %s, %i px', (theme, language, width) => {
  it('axe finds nothing, and it can be looked at', async () => {
    const height = width > 700 ? 900 : 844;
    const { page, problems, close } = await visit(browser, '/inputs', { theme, language, width, height });
    for (const [name, path] of Object.entries(pages)) {
      await page.goto(new URL(path, page.url()).href);
      await page.waitForFunction(
        () => document.querySelector('h1') && !document.querySelector('[class*=Skeleton]'),
      );
      await page.waitForTimeout(500);
      await page.screenshot({ path: join(shots, `inputs-${name}-${width}-${theme}.png`) });
      expect({ name, found: await axe(page) }).toEqual({ name, found: [] });
    }
    if (docs && theme === 'light' && width === 1440) {
      await page.goto(new URL(pages.panel, page.url()).href);
      await page.waitForTimeout(900);
      await page.screenshot({ path: resolve(docs, 'inputs.png') });
    }
    expect(problems).toEqual([]);
    await close();
  });
});

it('nothing scrolls sideways at 320 px', async () => {
  const { page, close } = await visit(browser, '/inputs', { width: 320, height: 640, language: 'ro' });
  for (const path of Object.values(pages)) {
    await page.goto(new URL(path, page.url()).href);
    await page.waitForTimeout(900);
    expect({ path, wide: await page.evaluate(() => document.documentElement.scrollWidth) }).toEqual({
      path,
      wide: 320,
    });
  }
  await close();
});
