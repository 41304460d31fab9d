// The hunt page in both themes and languages, wide and narrow: clean for axe, and pictures to be looked at in e2e/shots.
import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { axe, launch, type Theme, visit } from './browser';
import { failuresRecorded, hunt, settled } from './hunting';

const shots = resolve('e2e/shots');
const docs = process.env.TOCSIN_DOC_SHOTS;
let browser: Browser;
beforeAll(async () => {
  mkdirSync(shots, { recursive: true });
  browser = await launch();
  const { page, close } = await visit(browser, '/');
  await failuresRecorded(page);
  await close();
});
afterAll(() => browser?.close());

/** Pictures of the menu and the dialogs of saved searches, each clean for axe. */
async function pictureSaved(page: Page, language: 'en' | 'ro', name: string): Promise<void> {
  const [label, save, field, keep, all] =
    language === 'en'
      ? ['Saved', /^Save this/, 'Name', /^(Save|Replace)$/, /^All saved/]
      : ['Salvate', /^Salvați această/, 'Nume', /^(Salvați|Înlocuiți)$/, /^Toate căutările/];
  const look = async (what: string) => {
    await page.waitForTimeout(400);
    await page.screenshot({ path: join(shots, `hunt-${what}-${name}.png`) });
    expect(await axe(page)).toEqual([]);
  };
  const menu = page.getByRole('button', { name: label, exact: true });
  await menu.click();
  await page.getByRole('menuitem', { name: save }).click();
  await page.getByRole('textbox', { name: field }).fill('Încercări de autentificare eșuate');
  await look('save');
  await page.getByRole('button', { name: keep }).click();
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  await menu.click();
  await page.getByRole('menuitem', { name: all }).waitFor();
  await look('saved-menu');
  await page.getByRole('menuitem', { name: all }).click();
  await page.getByRole('dialog').waitFor();
  await look('saved');
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
}

const pages = {
  start: '/hunt',
  events: hunt('category=login_failed'),
  all: hunt('*', '&range=15m'),
  stats: hunt('* | stats count, dc(ip) as addresses, max(severity) as worst by user | sort -count'),
  chart: hunt('earliest=-15m | timechart span=1m limit=5 count by source'),
  nothing: hunt('category=login_failed user=nobody', '&range=15m'),
};

describe.each([
  ['light', 'en', 1440],
  ['dark', 'ro', 1440],
  ['light', 'ro', 390],
  ['dark', 'en', 390],
] as [Theme, 'en' | 'ro', number][])('%s, %s, %i px', (theme, language, width) => {
  it('axe finds nothing, and it can be looked at', async () => {
    const height = width > 700 ? 900 : 844;
    const { page, problems, close } = await visit(browser, '/hunt', { theme, language, width, height });
    for (const [name, path] of Object.entries(pages)) {
      await page.goto(new URL(path, page.url()).href);
      if (name !== 'start' && name !== 'nothing') await settled(page);
      else await page.waitForTimeout(900);
      await page.screenshot({ path: join(shots, `hunt-${name}-${width}-${theme}.png`) });
      expect({ name, found: await axe(page) }).toEqual({ name, found: [] });
    }
    await page.goto(new URL(hunt('*', '&live=1'), page.url()).href);
    await page.locator('tr[data-id]').first().waitFor({ timeout: 30_000 });
    await page.screenshot({ path: join(shots, `hunt-tail-${width}-${theme}.png`) });
    expect(await axe(page)).toEqual([]);
    await page.goto(new URL(pages.events, page.url()).href);
    await settled(page);
    await page.getByRole('button', { name: language === 'en' ? 'Export' : 'Exportați' }).click();
    await page.getByRole('menuitem', { name: /CSV/ }).waitFor();
    await page.waitForTimeout(300);
    await page.screenshot({ path: join(shots, `hunt-export-${width}-${theme}.png`) });
    expect(await axe(page)).toEqual([]);
    await page.keyboard.press('Escape');
    await pictureSaved(page, language, `${width}-${theme}`);
    await page.locator('[data-row-link]').first().click();
    await page.getByRole('complementary').waitFor();
    await settled(page);
    await page.screenshot({ path: join(shots, `hunt-panel-${width}-${theme}.png`) });
    expect(await axe(page)).toEqual([]);
    if (docs && theme === 'light' && width === 1440) {
      await page.goto(new URL(hunt('category=login_failed', '&range=15m'), page.url()).href);
      await settled(page);
      await page.screenshot({ path: resolve(docs, 'hunt.png') });
    }
    expect(problems).toEqual([]);
    await close();
  });
});

it('nothing scrolls sideways at 320 px', async () => {
  const { page, close } = await visit(browser, '/hunt', { width: 320, height: 640, language: 'ro' });
  for (const path of [pages.start, pages.events, pages.nothing]) {
    await page.goto(new URL(path, page.url()).href);
    await page.waitForTimeout(1200);
    expect({ path, wide: await page.evaluate(() => document.documentElement.scrollWidth) }).toEqual({
      path,
      wide: 320,
    });
  }
  await close();
});
