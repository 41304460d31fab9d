// Starts the real binary with its demo on a free port and a fresh folder, for all end-to-end tests.
// TOCSIN_BIN names the binary (default ../bin/tocsin, made by "make build").
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  interface ProvidedContext {
    url: string;
    password: string;
  }
}

const password = 'bell-rope-at-midnight';
const startTimeout = 60_000;
const stopTimeout = 30_000;

function freePort(): Promise<number> {
  return new Promise((done, fail) => {
    const probe = createServer();
    probe.once('error', fail);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() =>
        address && typeof address === 'object' ? done(address.port) : fail(new Error('no port')),
      );
    });
  });
}

async function ready(child: ChildProcess): Promise<void> {
  let output = '';
  await new Promise<void>((done, fail) => {
    const timer = setTimeout(
      () => fail(new Error(`not ready after ${startTimeout} ms:\n${output}`)),
      startTimeout,
    );
    const read = (chunk: Buffer) => {
      output += chunk.toString();
      if (!output.includes('ready on http://')) return;
      clearTimeout(timer);
      done();
    };
    child.stdout?.on('data', read);
    child.stderr?.on('data', read);
    child.once('exit', (code) => fail(new Error(`the server ended with ${code}:\n${output}`)));
  });
}

async function stop(child: ChildProcess): Promise<void> {
  const ended = new Promise<number | null>((done) => child.once('exit', done));
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), stopTimeout);
  const code = await ended;
  clearTimeout(timer);
  if (code !== 0) throw new Error(`the server did not stop cleanly: exit ${code}`);
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const binary = resolve(process.env.TOCSIN_BIN ?? '../bin/tocsin');
  if (!existsSync(binary)) throw new Error(`${binary} is missing: run "make build" or set TOCSIN_BIN`);
  const data = mkdtempSync(join(tmpdir(), 'tocsin-e2e-'));
  const [http, syslog] = [await freePort(), await freePort()];
  const url = `http://127.0.0.1:${http}`;
  const child = spawn(
    binary,
    ['serve', '--demo', '--data', data, '--listen', `127.0.0.1:${http}`, '--syslog', `127.0.0.1:${syslog}`],
    { env: { ...process.env, TOCSIN_ADMIN_PASSWORD: password }, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  await ready(child);
  child.removeAllListeners('exit');
  project.provide('url', url);
  project.provide('password', password);
  return async () => {
    await stop(child);
    rmSync(data, { recursive: true, force: true });
  };
}
