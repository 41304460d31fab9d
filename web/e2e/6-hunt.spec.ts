// The hunt page against the real server: by keyboard alone, in both languages, clean for axe.
import { mkdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { axe, launch, visit } from './browser';
import { failuresRecorded, hunt, settled } from './hunting';

const shots = resolve('e2e/shots');
let browser: Browser;
beforeAll(async () => {
  mkdirSync(shots, { recursive: true });
  browser = await launch();
  const { page, close } = await visit(browser, '/');
  await failuresRecorded(page);
  await close();
});
afterAll(() => browser?.close());

async function saved(page: Page, choose: () => Promise<void>): Promise<{ name: string; text: string }> {
  const [download] = await Promise.all([page.waitForEvent('download'), choose()]);
  return { name: download.suggestedFilename(), text: readFileSync(await download.path(), 'utf8') };
}

const bar = (page: Page) => page.getByRole('textbox', { name: 'Hunt', exact: true });
const q = (page: Page) => new URL(page.url()).searchParams.get('q');

describe('hunting', () => {
  it('goes from the question to the event and back by keyboard alone', async () => {
    const { page, problems, close } = await visit(browser, '/');
    await page.getByRole('heading', { level: 1 }).waitFor();
    await page.keyboard.press('g');
    await page.keyboard.press('h');
    await page.getByRole('heading', { name: 'Hunt', level: 1 }).waitFor();
    await page.waitForFunction(() => document.activeElement?.tagName === 'TEXTAREA');
    await page.keyboard.type('categ');
    await page.getByRole('option', { name: /^category=/ }).waitFor();
    await page.keyboard.press('Tab');
    await page.getByRole('option', { name: /login_failed/ }).waitFor();
    await page.keyboard.type('login_f');
    await page.getByRole('option', { name: /login_failed/ }).waitFor();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    expect(await bar(page).inputValue()).toBe('category=login_failed');
    await page.keyboard.press('Enter');
    await page.locator('tr[data-id]').first().waitFor();
    expect(q(page)).toBe('category=login_failed');
    await settled(page);
    await page.keyboard.press('Tab'); // out of the text, where letters are keys again
    await page.keyboard.press('j');
    await page.keyboard.press('Enter');
    const panel = page.getByRole('complementary', { name: 'Event' });
    await panel.getByRole('region', { name: 'Proof' }).waitFor();
    const pivot = panel.getByRole('button', { name: 'What to do with category' });
    await pivot.focus();
    await page.keyboard.press('Enter');
    await page.getByRole('menuitem', { name: 'Only with this value' }).waitFor();
    await page.waitForFunction(() => document.activeElement?.getAttribute('role') === 'menuitem');
    expect(await axe(page)).toEqual([]);
    await page.keyboard.press('Escape');
    await page.getByRole('menu').waitFor({ state: 'detached' });
    expect(await pivot.evaluate((node) => node === document.activeElement)).toBe(true);
    await page.keyboard.press('Escape');
    await panel.waitFor({ state: 'detached' });
    await page.waitForFunction(() => document.activeElement?.hasAttribute('data-row-link'));
    expect(problems).toEqual([]);
    await close();
  });

  it('narrows by a frequent value, and by a bar', async () => {
    const { page, close } = await visit(browser, hunt('category=login_failed'));
    await settled(page);
    await page.getByRole('button', { name: 'Only with user root' }).click();
    await page.waitForURL((url) => url.searchParams.get('q') === 'category=login_failed user:"root"');
    await settled(page);
    await page.getByRole('button', { name: 'Without user root' }).click();
    await page.waitForURL((url) => url.searchParams.get('q') === 'category=login_failed -user:"root"');
    await settled(page);
    const chart = page.getByRole('img', { name: 'Events by time and severity' });
    const box = await chart.boundingBox();
    if (!box) throw new Error('no chart');
    await page.mouse.move(box.x + 2, box.y + 20);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width * 0.6, box.y + 20, { steps: 5 });
    await page.mouse.up();
    await page.waitForURL((url) => url.searchParams.has('from') && url.searchParams.has('to'));
    await page.getByLabel('From', { exact: true }).waitFor();
    await page.goBack();
    await page.waitForURL((url) => !url.searchParams.has('from'));
    await close();
  });

  it('marks where it is wrong, and mends it', async () => {
    const { page, close } = await visit(browser, '/hunt');
    await bar(page).fill('category=login_failed | statz count by user');
    await page.keyboard.press('Enter');
    const alert = page.getByRole('alert').filter({ hasText: 'There is no such stage' });
    await alert.waitFor();
    expect(await page.locator('mark').textContent()).toBe('statz');
    expect(await axe(page)).toEqual([]);
    await page.screenshot({ path: join(shots, 'hunt-error-1440-light.png') });
    await alert.getByRole('button', { name: 'Use “stats”' }).click();
    const table = page.getByRole('table', { name: 'Table of the hunt' });
    await table.waitFor();
    expect(await table.getByRole('columnheader').allTextContents()).toEqual(['user', 'count']);
    expect(
      await table
        .locator('tbody td[data-align=end]')
        .first()
        .evaluate((cell) => getComputedStyle(cell).textAlign),
    ).toBe('right');
    await close();
  });

  it('leaves as a file: events by keyboard, and a table', async () => {
    const { page, problems, close } = await visit(browser, hunt('category=login_failed user:root'));
    await settled(page);
    await page.getByRole('button', { name: 'Export' }).focus();
    await page.keyboard.press('Enter');
    await page.waitForFunction(() => document.activeElement?.textContent?.startsWith('CSV'));
    expect(await axe(page)).toEqual([]);
    const csv = await saved(page, () => page.keyboard.press('Enter'));
    const [head = '', ...rows] = csv.text.trimEnd().split('\r\n');
    expect(csv.name).toMatch(/^tocsin-events-\d{8}T\d{6}Z\.csv$/);
    expect(head).toMatch(/^"log_id","source","level","category",/);
    expect(rows.length).toBeGreaterThan(0);
    expect(rows.filter((row) => !row.includes('"root"'))).toEqual([]);
    await page.getByRole('button', { name: 'Export' }).click();
    const json = await saved(page, () => page.getByRole('menuitem', { name: /^JSON/ }).click());
    const { items } = JSON.parse(json.text) as { items: { user: string }[] };
    expect(items.map(({ user }) => user).filter((user) => user !== 'root')).toEqual([]);
    await page
      .getByText(`${items.length} event${items.length === 1 ? '' : 's'} exported.`)
      .last()
      .waitFor();
    await page.goto(new URL(hunt('category=login_failed | stats count by user'), page.url()).href);
    await settled(page);
    await page.getByRole('button', { name: 'Export' }).click();
    const table = await saved(page, () => page.getByRole('menuitem', { name: /^CSV/ }).click());
    expect(table.text).toMatch(/^"user","count"\r\n/);
    expect(problems).toEqual([]);
    await close();
  });

  it('is followed live, stands still, and says when it cannot', async () => {
    const { page, problems, close } = await visit(browser, hunt('source=access'));
    await settled(page);
    await page.getByRole('button', { name: 'Live tail' }).focus();
    await page.keyboard.press('Enter');
    await page.waitForURL((url) => url.searchParams.get('live') === '1');
    await page.locator('tr[data-id]').first().waitFor({ timeout: 30_000 });
    expect(await axe(page)).toEqual([]);
    await page.keyboard.press('p');
    await page.getByText(/^Held\. [1-9]/).waitFor({ timeout: 30_000 });
    const first = await page.locator('tr[data-id]').first().getAttribute('data-id');
    await page.waitForTimeout(1500);
    expect(await page.locator('tr[data-id]').first().getAttribute('data-id')).toBe(first);
    await page.keyboard.press('p');
    await page.waitForFunction(
      (id) => document.querySelector('tr[data-id]')?.getAttribute('data-id') !== id,
      first,
    );
    await page.goto(new URL(hunt('* | stats count by user'), page.url()).href);
    await settled(page);
    const tail = page.getByRole('button', { name: 'Live tail' });
    await tail.focus();
    await page.getByRole('tooltip').filter({ hasText: 'Only a condition can be followed live' }).waitFor();
    expect(await axe(page)).toEqual([]);
    expect(problems).toEqual([]);
    await close();
  });

  it('is kept under a name, opened, renamed, deleted and brought back, by keyboard', async () => {
    const { page, problems, close } = await visit(
      browser,
      hunt('category=login_failed user:root', '&range=7d'),
    );
    await settled(page);
    const menu = page.getByRole('button', { name: 'Saved', exact: true });
    const choose = async (name: RegExp) => {
      await menu.focus();
      await page.keyboard.press('Enter');
      await page.getByRole('menuitem', { name }).waitFor();
      await page.waitForFunction(() => document.activeElement?.getAttribute('role') === 'menuitem');
      while (!name.test((await page.locator(':focus').textContent()) ?? ''))
        await page.keyboard.press('ArrowDown');
      await page.keyboard.press('Enter');
    };
    await choose(/^Save this hunt/);
    await page.getByRole('dialog', { name: 'Save this hunt' }).waitFor();
    await page.waitForFunction(() => document.activeElement?.tagName === 'INPUT');
    expect(await axe(page)).toEqual([]);
    await page.keyboard.type('Root’s failures');
    await page.keyboard.press('Enter');
    await page.getByText('Search saved.').waitFor();
    await page.goto(new URL('/hunt', page.url()).href);
    await choose(/^Root’s failures/);
    await page.waitForURL((url) => url.searchParams.get('range') === '7d');
    expect(q(page)).toBe('category=login_failed user:root');
    await settled(page);
    await choose(/^All saved/);
    const dialog = page.getByRole('dialog', { name: 'Saved searches' });
    await dialog.getByRole('button', { name: 'Rename Root’s failures' }).focus();
    await page.keyboard.press('Enter');
    await page.waitForFunction(() => document.activeElement?.tagName === 'INPUT');
    await page.keyboard.type('Root');
    await page.keyboard.press('Enter');
    await dialog.getByRole('button', { name: 'Delete Root' }).focus();
    await page.keyboard.press('Enter');
    await dialog.getByText('Root is deleted.').waitFor();
    expect(await axe(page)).toEqual([]);
    await page.keyboard.press('Enter'); // the way back has the focus
    await dialog.getByRole('button', { name: 'Replace Root by the present hunt' }).waitFor();
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
    expect(problems).toEqual([]);
    await close();
  });

  it('counts its relative times from the moment in a copied link, until it counts from now', async () => {
    const path = hunt('category=login_failed latest=now', '&now=2020-01-01T00:00:00Z');
    const { page, problems, close } = await visit(browser, path);
    await page.getByText('No event matches').waitFor();
    expect(await axe(page)).toEqual([]);
    await page.getByRole('button', { name: 'Count from now' }).click();
    await page.locator('tr[data-id]').first().waitFor();
    expect(new URL(page.url()).searchParams.has('now')).toBe(false);
    expect(problems).toEqual([]);
    await close();
  });

  it('speaks Romanian', async () => {
    const { page, problems, close } = await visit(browser, hunt('category=login_failed'), { language: 'ro' });
    await settled(page);
    await page.getByRole('heading', { name: 'Investigare', level: 1 }).waitFor();
    await page.getByText(/^\d+ de evenimente găsite$|^\d+ evenimente găsite$/).waitFor();
    await page.getByRole('button', { name: 'Coloane' }).click();
    await page.getByRole('menuitemcheckbox', { name: 'attrs.port' }).click();
    await page.keyboard.press('Escape');
    await page.getByRole('columnheader', { name: 'attrs.port' }).waitFor();
    expect(problems).toEqual([]);
    await close();
  });
});
