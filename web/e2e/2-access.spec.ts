// Everybody can use it: axe on every page in both themes and languages, reflow at 320 px, targets of 24 px.
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { alertRaised, axe, launch, type Theme, visit } from './browser';

let browser: Browser;
let paths: string[] = [];

beforeAll(async () => {
  browser = await launch();
  const { page, close } = await visit(browser, '/');
  await alertRaised(page);
  const links: string[] = [];
  for (const list of ['/alerts', '/anomalies', '/events?level=critical']) {
    await page.goto(new URL(list, page.url()).href);
    links.push((await page.locator('[data-row-link]').first().getAttribute('href')) ?? list);
  }
  paths = [
    '/',
    '/alerts',
    '/anomalies',
    '/events',
    ...links,
    '/alerts?severity=low',
    '/events?live=1',
    '/nowhere',
  ];
  await close();
});
afterAll(() => browser?.close());

describe.each(['light', 'dark'] as Theme[])('%s', (theme) => {
  it.each([1440, 390])('axe finds nothing at %i px', async (width) => {
    const { page, problems, close } = await visit(browser, '/', { theme, width, height: 850 });
    for (const path of paths) {
      await page.goto(new URL(path, page.url()).href);
      await page.waitForFunction(
        () => document.querySelector('h1,h2') && !document.querySelector('[class*=Skeleton]'),
      );
      await page.waitForTimeout(400);
      expect({ path, found: await axe(page) }).toEqual({ path, found: [] });
    }
    expect(problems).toEqual([]);
    await close();
  });

  it('axe finds nothing in menus, dialogs and the login', async () => {
    const { page, close } = await visit(browser, '/alerts', { theme });
    await page.getByRole('button', { name: /^User menu/ }).click();
    await page.getByRole('menu').waitFor();
    expect(await axe(page)).toEqual([]);
    await page.keyboard.press('Escape');
    await page.keyboard.press('?');
    await page.getByRole('dialog').waitFor();
    expect(await axe(page)).toEqual([]);
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await page.keyboard.press('Control+k');
    await page.getByRole('combobox', { name: 'Go to a page or search' }).waitFor();
    expect(await axe(page)).toEqual([]);
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'Resolve' }).first().click();
    await page.getByRole('dialog', { name: 'Resolve alert' }).waitFor();
    expect(await axe(page)).toEqual([]);
    await close();
    const login = await visit(browser, '/login', { theme, signedIn: false });
    await login.page.waitForSelector('input[name=username]');
    expect(await axe(login.page)).toEqual([]);
    await login.close();
  });
});

describe('reflow', () => {
  it.each(['en', 'ro'] as const)('nothing is cut off or scrolls sideways at 320 px, %s', async (language) => {
    const { page, close } = await visit(browser, '/', { width: 320, height: 640, language });
    for (const path of paths) {
      await page.goto(new URL(path, page.url()).href);
      await page.waitForFunction(
        () => document.querySelector('h1,h2') && !document.querySelector('[class*=Skeleton]'),
      );
      const wide = await page.evaluate(() => {
        const scrolls = (node: Element) => {
          const style = getComputedStyle(node);
          return style.overflowX === 'auto' || style.overflowX === 'scroll';
        };
        return [...document.querySelectorAll('body, main *')]
          .filter(
            (node) => scrolls(node) && node.tagName !== 'PRE' && node.scrollWidth > node.clientWidth + 1,
          )
          .map((node) => `${node.tagName}.${node.className}`)
          .concat(document.documentElement.scrollWidth > 320 ? ['the page'] : []);
      });
      expect({ path, wide }).toEqual({ path, wide: [] });
    }
    await close();
  });
});
