// Events leave as a file: by keyboard, in both languages, with the menu clean for axe; pictures in e2e/shots.
import { mkdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { axe, launch, visit } from './browser';

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

const path = '/events?category=login_failed';

/** Waits until the demo has recorded enough to export, whatever has become of its alerts. */
async function failuresRecorded(page: Page): Promise<void> {
  const until = Date.now() + 60_000;
  while (Date.now() < until) {
    const answer = await page.request.get(`${inject('url')}/api/siem/logs?category=login_failed&limit=10`);
    const { items = [] } = (await answer.json()) as { items?: unknown[] };
    if (items.length >= 10) return;
    await page.waitForTimeout(500);
  }
  throw new Error('no ten failed log-ins within 60 s');
}

async function saved(page: Page, choose: () => Promise<void>): Promise<{ name: string; text: string }> {
  const [download] = await Promise.all([page.waitForEvent('download'), choose()]);
  return { name: download.suggestedFilename(), text: readFileSync(await download.path(), 'utf8') };
}

describe('exporting events', () => {
  it('gives a CSV file of the filter, by keyboard alone', async () => {
    const { page, problems, close } = await visit(browser, path);
    await page.locator('[data-row-link]').first().waitFor();
    const button = page.getByRole('button', { name: 'Export' });
    await button.focus();
    await page.keyboard.press('Enter');
    await page.getByRole('menuitem', { name: /CSV/ }).waitFor();
    await page.waitForFunction(() => document.activeElement?.textContent?.startsWith('CSV'));
    const { name, text } = await saved(page, () => page.keyboard.press('Enter'));
    expect(name).toMatch(/^tocsin-events-\d{8}T\d{6}Z\.csv$/);
    const [head, ...rows] = text.trimEnd().split('\r\n');
    expect(head).toMatch(/^"log_id","source","level","category",/);
    expect(rows.length).toBeGreaterThan(3);
    expect(rows.filter((row) => !row.includes('"login_failed"'))).toEqual([]);
    await page.getByText(/^\d+ events exported\.$/).waitFor();
    expect(problems).toEqual([]);
    await close();
  });

  it('gives every field as NDJSON', async () => {
    const { page, close } = await visit(browser, path);
    await page.locator('[data-row-link]').first().waitFor();
    await page.getByRole('button', { name: 'Export' }).click();
    const { name, text } = await saved(page, () => page.getByRole('menuitem', { name: /NDJSON/ }).click());
    expect(name).toMatch(/\.ndjson$/);
    const events = text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(events.every(({ category, stream }) => category === 'login_failed' && stream)).toBe(true);
    await close();
  });

  it('gives a Parquet file, which says how many events are in it', async () => {
    const { page, problems, close } = await visit(browser, path);
    await page.locator('[data-row-link]').first().waitFor();
    await page.getByRole('button', { name: 'Export' }).click();
    const { name, text } = await saved(page, () => page.getByRole('menuitem', { name: /Parquet/ }).click());
    expect(name).toMatch(/\.parquet$/);
    expect([text.slice(0, 4), text.slice(-4)]).toEqual(['PAR1', 'PAR1']);
    await page.getByText(/^([4-9]|[1-9]\d+) events exported\.$/).waitFor();
    expect(problems).toEqual([]);
    await close();
  });

  it.each([
    ['light', 'en', 1440],
    ['dark', 'ro', 1440],
    ['light', 'ro', 390],
  ] as const)('axe finds nothing in the menu (%s, %s, %i)', async (theme, language, width) => {
    const { page, close } = await visit(browser, path, { theme, language, width, height: 844 });
    await page.locator('[data-row-link]').first().waitFor();
    await page.getByRole('button', { name: language === 'en' ? 'Export' : 'Exportați' }).click();
    await page.getByRole('menuitem', { name: /CSV/ }).waitFor();
    await page.waitForTimeout(400);
    await page.screenshot({ path: join(shots, `export-${width}-${theme}-${language}.png`) });
    expect(await axe(page)).toEqual([]);
    await close();
  });
});
