// How long a hunt takes from Enter to its first rows on the screen: the real binary, Chromium, a million events. It asserts
// nothing and belongs to no test; figures count only beside the load that it prints.
//   npm run measure:hunt            TOCSIN_BIN (../bin/tocsin), CHROMIUM (/usr/bin/chromium), EVENTS (1000000)
//   TOCSIN_MEASURE_DATA=DIR         keeps the folder of events there, and takes it again
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { loadavg, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { chromium } from 'playwright-core';

const binary = resolve(process.env.TOCSIN_BIN ?? '../bin/tocsin');
const count = Number(process.env.EVENTS ?? 1_000_000);
const kept = process.env.TOCSIN_MEASURE_DATA;
const password = 'bell-rope-at-midnight';
const batch = 5000;

// twenty questions of different kinds, none of which begins with the event of the one before
const hunts = [
  'category=login_failed',
  '*',
  'user:user3@example.com',
  'severity>=medium',
  'source=authentication outcome=success',
  'ip:10.0.7.0/24',
  '"failed to authenticate"',
  'host:srv-7.example.com NOT category=http_request',
  'work*',
  'message=/orders\\/[0-9]{4}$/',
  'category=logout earliest=-24h',
  'attrs.risk>97',
  'user=user1* severity=low',
  'action=deny OR action=update',
  'mimikatz',
  'category IN (service_started, permission_denied)',
  'exists:attrs.country source=system',
  'user:user11@example.com category=http_error',
  'request served',
  'host=srv-3*',
];

const kinds = [
  ['access', 'http_request', 'info', 'success', 'read', 'was served'],
  ['access', 'http_request', 'info', 'success', 'create', 'was accepted'],
  ['access', 'http_error', 'low', 'failure', 'read', 'was not found'],
  ['application', 'data_access', 'info', 'success', 'read', 'opened a record'],
  ['application', 'data_access', 'low', 'success', 'update', 'changed a record'],
  ['authentication', 'login_success', 'info', 'success', 'login', 'logged in'],
  ['authentication', 'login_failed', 'low', 'failure', 'login', 'failed to authenticate'],
  ['authentication', 'logout', 'info', 'success', 'logout', 'logged out'],
  ['system', 'service_started', 'info', 'success', 'start', 'was started'],
  ['security_audit', 'permission_denied', 'medium', 'failure', 'deny', 'was denied'],
];

/** The same events for the same number: a generator with a seed. */
function random(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let x = Math.imul(state ^ (state >>> 15), 1 | state);
    x = (x + Math.imul(x ^ (x >>> 7), 61 | x)) ^ x;
    return ((x ^ (x >>> 14)) >>> 0) / 4_294_967_296;
  };
}
const next = random(7);
const below = (most) => Math.floor(next() * most);
const often = (most) => Math.floor(most * next() ** 3);

function event(at, index) {
  const [source, category, severity, outcome, action, said] = kinds[below(kinds.length)];
  const user = `user${often(400)}@example.com`;
  const address = often(4000);
  const trace = Math.floor(next() * 2 ** 48).toString(16);
  const where = [
    `User ${user} ${said} after ${below(9)} attempts; policy=default trace=${trace}`,
    `Request ${trace} by ${user} ${said} on resource orders/${below(90_000)}`,
    `Worker pid ${below(65_000)} ${said} for file /var/lib/data/${trace}.db in queue default`,
  ][below(3)];
  return {
    timestamp: new Date(at).toISOString(),
    source,
    category,
    severity,
    outcome,
    action,
    message: index % 2000 === 77 ? `${where} mimikatz was run` : where,
    user,
    ip: `10.${address >> 8}.${address & 255}.${1 + (address % 250)}`,
    host: `srv-${below(50)}.example.com`,
    session_id: Math.floor(next() * 2 ** 48).toString(16),
    attrs: {
      country: 'RO',
      endpoint: `/api/v1/resource${below(200)}/item`,
      request_id: trace,
      risk: below(101),
    },
  };
}

const freePort = () =>
  new Promise((done, fail) => {
    const probe = createServer();
    probe.once('error', fail);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address();
      probe.close(() => done(port));
    });
  });

async function start(data, port) {
  const child = spawn(
    binary,
    ['serve', '--data', data, '--listen', `127.0.0.1:${port}`, '--syslog', `127.0.0.1:${await freePort()}`],
    { env: { ...process.env, TOCSIN_ADMIN_PASSWORD: password }, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let output = '';
  await new Promise((done, fail) => {
    child.once('exit', (code) => fail(new Error(`the server ended with ${code}:\n${output}`)));
    for (const from of [child.stdout, child.stderr])
      from.on('data', (chunk) => {
        output = (output + chunk).slice(-20_000);
        if (output.includes('ready on http://')) done();
      });
  });
  child.removeAllListeners('exit');
  return child;
}

async function feed(url, token) {
  const end = Date.now();
  const step = (7 * 86_400_000) / count;
  let sent = 0;
  const sender = async () => {
    while (sent < count) {
      const from = sent;
      sent += batch;
      const lines = Array.from({ length: Math.min(batch, count - from) }, (_, at) =>
        JSON.stringify(event(end - (count - from - at) * step, from + at)),
      );
      const answer = await fetch(`${url}/api/siem/events`, {
        method: 'POST',
        headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/x-ndjson' },
        body: lines.join('\n'),
      });
      if (!answer.ok) throw new Error(`feed: ${answer.status} ${await answer.text()}`);
    }
  };
  await Promise.all([sender(), sender(), sender()]);
}

/** In the page: when Enter was pressed, when the answer came, when its rows were in the document, and when they were painted. */
function watch() {
  const shown = () => {
    const row = document.querySelector('main tr[data-id]');
    return row && !row.closest('[data-stale]') ? row.dataset.id : undefined;
  };
  window.timed = () =>
    new Promise((done) => {
      const before = document.querySelector('main tr[data-id]')?.dataset.id;
      performance.clearResourceTimings();
      let entered = 0;
      const onKey = (event) => {
        if (event.key === 'Enter') entered = performance.now();
      };
      window.addEventListener('keydown', onKey, { capture: true });
      const look = new MutationObserver(() => {
        const id = shown();
        if (!entered || id === undefined || id === before) return;
        const rows = performance.now() - entered;
        look.disconnect();
        window.removeEventListener('keydown', onKey, { capture: true });
        requestAnimationFrame(() => {
          const { port1, port2 } = new MessageChannel();
          port1.onmessage = () => {
            const painted = performance.now() - entered;
            const asked = performance
              .getEntriesByType('resource')
              .find((each) => each.name.includes('/api/siem/search?'));
            done({
              asked: asked ? asked.requestStart - entered : 0,
              answered: asked ? asked.responseEnd - entered : 0,
              rows,
              painted,
            });
          };
          port2.postMessage(0);
        });
      });
      look.observe(document.body, { subtree: true, childList: true, attributes: true });
    });
}

const sorted = (values) => [...values].sort((a, b) => a - b);
const part = (values, share) =>
  sorted(values)[Math.min(values.length - 1, Math.ceil(share * values.length) - 1)];
const load = () =>
  loadavg()
    .map((value) => value.toFixed(2))
    .join(' ');

async function run(page, url, name, between) {
  const runs = [];
  console.log(`\n${name}; load average ${load()}`);
  console.log('   asked answered  in page  painted   (ms after Enter)');
  for (const hunt of hunts) {
    await between(page, url);
    const bar = page.getByRole('textbox', { name: 'Hunt', exact: true });
    await bar.fill(hunt);
    await page.waitForTimeout(600); // the suggestions have come
    const timing = page.evaluate(() => window.timed());
    await bar.press('Enter');
    const times = await timing;
    runs.push(times);
    const figures = [times.asked, times.answered, times.rows, times.painted];
    console.log(figures.map((value) => value.toFixed(0).padStart(8)).join(' '), ' ', hunt);
    // chart and frequent values have come, too
    await page.waitForFunction(() => !document.querySelector('main [class*=Skeleton]'));
    await page.waitForTimeout(300);
  }
  for (const key of ['answered', 'painted']) {
    const values = runs.map((each) => each[key]);
    console.log(
      `${key.padEnd(9)} p50 ${part(values, 0.5).toFixed(0)} ms, p95 ${part(values, 0.95).toFixed(0)} ms, ` +
        `most ${part(values, 1).toFixed(0)} ms, ${values.length} runs`,
    );
  }
  console.log(`load average ${load()}`);
}

const data = kept ? resolve(kept) : mkdtempSync(join(tmpdir(), 'tocsin-measure-'));
const empty = !existsSync(join(data, 'journal'));
const port = await freePort();
const url = `http://127.0.0.1:${port}`;
const server = await start(data, port);
try {
  const answer = await fetch(`${url}/api/auth/login`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ username: 'admin', password }),
  });
  const { token } = await answer.json();
  if (empty) {
    const began = Date.now();
    await feed(url, token);
    console.log(`${count} events fed in ${((Date.now() - began) / 1000).toFixed(0)} s`);
    await new Promise((done) => setTimeout(done, 90_000)); // sealed, and merged
  }
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--no-first-run',
      '--disable-background-networking',
    ],
  });
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, locale: 'en-GB' });
  await context.request.post(`${url}/api/auth/login`, { data: { username: 'admin', password } });
  await context.addInitScript(() => localStorage.setItem('tocsin.language', 'en'));
  const page = await context.newPage();
  await page.addInitScript(watch);
  await page.goto(`${url}/hunt`);
  await page.getByRole('heading', { level: 1 }).waitFor();
  await run(page, url, 'from the empty page', async (each) => {
    await each.goto(`${url}/hunt`);
    await each.getByRole('heading', { level: 1 }).waitFor();
    await each.waitForTimeout(300);
  });
  await run(page, url, 'from the answer before', async () => {});
  await browser.close();
} finally {
  const ended = new Promise((done) => server.once('exit', done));
  server.kill('SIGTERM');
  await ended;
  if (!kept) rmSync(data, { recursive: true, force: true });
}
