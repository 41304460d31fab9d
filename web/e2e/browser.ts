// Debian's Chromium, signed in, with everything that goes wrong in a page collected.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { inject } from 'vitest';

export type Theme = 'light' | 'dark';
export type Options = {
  theme?: Theme;
  language?: 'en' | 'ro';
  width?: number;
  height?: number;
  signedIn?: boolean;
};

const require = createRequire(import.meta.url);
const axeSource = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');

export function launch(): Promise<Browser> {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}

let session: Awaited<ReturnType<BrowserContext['storageState']>> | undefined;

async function signIn(browser: Browser): Promise<NonNullable<typeof session>> {
  if (session) return session;
  const context = await browser.newContext();
  const answer = await context.request.post(`${inject('url')}/api/auth/login`, {
    data: { username: 'admin', password: inject('password') },
  });
  if (!answer.ok()) throw new Error(`login: ${answer.status()} ${await answer.text()}`);
  session = await context.storageState();
  await context.close();
  return session;
}

export type Visit = { page: Page; problems: string[]; close: () => Promise<void> };

/** A page of its own; problems holds console errors, exceptions and failed requests. */
export async function visit(browser: Browser, path: string, options: Options = {}): Promise<Visit> {
  const { theme = 'light', language = 'en', width = 1440, height = 900, signedIn = true } = options;
  const context = await browser.newContext({
    viewport: { width, height },
    locale: 'en-GB',
    timezoneId: 'Europe/Bucharest',
    reducedMotion: 'reduce',
    ...(signedIn ? { storageState: await signIn(browser) } : {}),
  });
  await context.addInitScript(
    ([chosenTheme, chosenLanguage]) => {
      if (localStorage.getItem('tocsin.theme') === null) localStorage.setItem('tocsin.theme', chosenTheme);
      if (localStorage.getItem('tocsin.language') === null)
        localStorage.setItem('tocsin.language', chosenLanguage);
    },
    [theme, language] as const,
  );
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  const problems: string[] = [];
  page.on('console', (message) => message.type() === 'error' && problems.push(message.text()));
  page.on('pageerror', (error) => problems.push(String(error)));
  page.on('dialog', (dialog) => {
    problems.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  await page.goto(inject('url') + path);
  return { page, problems, close: () => context.close() };
}

type Violation = { id: string; nodes: { html: string; failureSummary: string }[] };

/** What axe finds against WCAG 2.2 A and AA and its best practices. */
export async function axe(page: Page): Promise<string[]> {
  await page.evaluate(axeSource);
  const violations = await page.evaluate(async () => {
    const { axe } = window as unknown as {
      axe: { run: (node: Document, options: object) => Promise<{ violations: Violation[] }> };
    };
    const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
    return (await axe.run(document, { runOnly: tags })).violations;
  });
  return violations.flatMap(({ id, nodes }) =>
    nodes.map((node) => `${id}: ${node.html.slice(0, 200)}: ${node.failureSummary.replaceAll('\n', ' ')}`),
  );
}

/** Waits until the demo's brute-force attack has become an alert. */
export async function alertRaised(page: Page): Promise<void> {
  const until = Date.now() + 60_000;
  while (Date.now() < until) {
    const answer = await page.request.get(`${inject('url')}/api/siem/alerts?rule=RULE-BRUTE-FORCE`);
    const { items = [] } = (await answer.json()) as { items?: unknown[] };
    if (items.length > 0) return;
    await page.waitForTimeout(500);
  }
  throw new Error('no brute-force alert within 60 s');
}
