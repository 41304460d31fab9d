// What the tests of the hunt page share: the demo has enough to find, and the page has shown it.
import type { Page } from 'playwright-core';
import { inject } from 'vitest';

export async function failuresRecorded(page: Page): Promise<void> {
  const until = Date.now() + 90_000;
  while (Date.now() < until) {
    const answer = await page.request.get(`${inject('url')}/api/siem/logs?category=login_failed&limit=20`);
    const { items = [] } = (await answer.json()) as { items?: unknown[] };
    if (items.length >= 20) return;
    await page.waitForTimeout(500);
  }
  throw new Error('no twenty failed log-ins within 90 s');
}

/** Waits until rows, chart and facets are there. */
export async function settled(page: Page): Promise<void> {
  await page.waitForFunction(
    () => document.querySelector('main table') && !document.querySelector('[class*=Skeleton]'),
  );
  await page.evaluate(() => document.fonts.ready);
  await page.waitForTimeout(400);
}

export const hunt = (q: string, rest = '') => `/hunt?q=${encodeURIComponent(q)}${rest}`;
