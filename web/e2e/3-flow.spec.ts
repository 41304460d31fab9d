// A person works an alert, from the login to its resolution.
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { alertRaised, launch, visit } from './browser';

let browser: Browser;
beforeAll(async () => {
  browser = await launch();
});
afterAll(() => browser?.close());

describe('working an alert', () => {
  it('signs in, and says so when the password is wrong', async () => {
    const { page, close } = await visit(browser, '/alerts?severity=critical', { signedIn: false });
    await page.getByLabel('User name').fill('admin');
    await page.getByLabel('Password', { exact: true }).fill('not the password');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByText('User name or password is not right.').waitFor();
    await page.getByLabel('Password', { exact: true }).fill(inject('password'));
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('heading', { name: 'Alerts', level: 1 }).waitFor();
    expect(new URL(page.url()).pathname + new URL(page.url()).search).toBe('/alerts?severity=critical');
    await close();
  });

  it('opens the alert, acknowledges and resolves it; its anomalies close and the score falls', async () => {
    const { page, problems, close } = await visit(browser, '/');
    await alertRaised(page);
    await page.getByRole('note').getByText('Demo:').waitFor();
    const meter = page.getByRole('meter', { name: 'Threat Score' });
    await page.waitForFunction(() => Number(document.querySelector('[role=meter]')?.ariaValueNow) > 0);
    await page.getByRole('link', { name: /Active Alerts/ }).click();
    await page
      .getByRole('link', { name: /^Brute-force attack from/ })
      .first()
      .click();
    const panel = page.getByRole('complementary', { name: 'Alert Details' });
    await panel.getByText('Fires from').waitFor();
    expect(await panel.locator('li a[href^="/events/"]').count()).toBeGreaterThan(3);
    await panel.getByRole('button', { name: 'Acknowledge' }).click();
    await page.getByText('Alert acknowledged. It is assigned to you.').waitFor();
    await panel.getByText('acknowledged it').waitFor();
    await panel.getByRole('button', { name: 'Resolve' }).click();
    const dialog = page.getByRole('dialog', { name: 'Resolve alert' });
    await dialog.getByRole('radio', { name: 'True positive' }).check();
    await dialog.getByLabel('Resolution Notes').fill('Blocked at the edge, password of the account changed.');
    await dialog.getByRole('button', { name: 'Resolve' }).click();
    await page.getByText('Alert resolved.').waitFor();
    await panel.getByText('resolved it as: True positive').waitFor();
    await panel.getByText('Blocked at the edge, password of the account changed.').waitFor();
    const open = await page.evaluate(async () => {
      const answer = await fetch('/api/siem/anomalies?status=resolved&type=brute_force_attack');
      return ((await answer.json()) as { items: unknown[] }).items.length;
    });
    expect(open).toBeGreaterThan(0);
    await page.keyboard.press('g');
    await page.keyboard.press('o');
    await meter.waitFor();
    expect(problems).toEqual([]);
    await close();
  });

  it('opens what an anomaly rests on, by keyboard', async () => {
    const { page, close } = await visit(browser, '/anomalies');
    await page.locator('tr[data-id]').first().waitFor();
    await page.keyboard.press('j');
    await page.keyboard.press('Enter');
    const panel = page.getByRole('complementary', { name: 'Anomaly Details' });
    await panel.locator('li a[href^="/events/"]').first().waitFor();
    await page.keyboard.press('Escape');
    await panel.waitFor({ state: 'detached' });
    expect(new URL(page.url()).pathname).toBe('/anomalies');
    expect(await page.evaluate(() => document.activeElement?.hasAttribute('data-row-link'))).toBe(true);
    await close();
  });

  it('finds events, keeps the search in the URL, and goes back', async () => {
    const { page, close } = await visit(browser, '/');
    await page.getByRole('searchbox', { name: 'Search events' }).waitFor();
    await page.keyboard.press('/');
    await page.keyboard.type('login');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Events', level: 1 }).waitFor();
    await page.locator('tr[data-id]').first().waitFor();
    expect(new URL(page.url()).search).toBe('?q=login');
    await page.getByLabel('Level').selectOption('medium');
    await page.waitForURL(/level=medium/);
    await page.goBack();
    await page.waitForURL((url) => url.search === '?q=login');
    await page.locator('tr[data-id] [data-row-link]').first().click();
    await page.getByRole('tab', { name: 'JSON' }).click();
    await page.waitForURL(/tab=json/);
    await page.getByText('"severity"').waitFor();
    await close();
  });

  it('watches events live, and holds them still', async () => {
    const { page, close } = await visit(browser, '/events?live=1');
    await page.locator('tr[data-id]').first().waitFor({ timeout: 30_000 });
    await page.mouse.move(5, 5);
    await page.getByRole('button', { name: 'Hold' }).click();
    const first = await page.locator('tr[data-id]').first().getAttribute('data-id');
    await page.getByText(/Held\. [1-9]\d* events? waiting/).waitFor({ timeout: 30_000 });
    expect(await page.locator('tr[data-id]').first().getAttribute('data-id')).toBe(first);
    await close();
  });

  it('checks the integrity of the journal', async () => {
    const { page, close } = await visit(browser, '/');
    await page.getByRole('button', { name: 'Verify Integrity' }).click();
    await page.getByText(/Integrity verified\. Events checked and intact: [1-9]/).waitFor();
    await page.getByText('Consistent', { exact: true }).waitFor();
    await close();
  });

  it('speaks Romanian and turns dark, and remembers both', async () => {
    const { page, problems, close } = await visit(browser, '/alerts');
    await page.getByRole('button', { name: 'Language: EN' }).click();
    await page.getByRole('menuitemradio', { name: 'Română' }).click();
    await page.getByRole('heading', { name: 'Alerte' }).waitFor();
    await page.getByRole('button', { name: /^Temă/ }).click();
    await page.getByRole('menuitemradio', { name: 'Întunecată' }).click();
    await page.reload();
    await page.getByRole('heading', { name: 'Alerte' }).waitFor();
    const root = await page.evaluate(() => ({
      language: document.documentElement.lang,
      theme: document.documentElement.dataset.mantineColorScheme,
    }));
    expect(root).toEqual({ language: 'ro', theme: 'dark' });
    expect(problems).toEqual([]);
    await close();
  });

  it('signs out, and the session is over', async () => {
    const { page, close } = await visit(browser, '/login', { signedIn: false });
    await page.getByLabel('User name').fill('admin');
    await page.getByLabel('Password', { exact: true }).fill(inject('password'));
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: /^User menu/ }).click();
    await page.getByRole('menuitem', { name: 'Sign out' }).click();
    await page.getByText('You have signed out.').waitFor();
    await page.goto(`${inject('url')}/alerts`);
    await page.getByLabel('User name').waitFor();
    await close();
  });
});
