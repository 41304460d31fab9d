// Fails when the first load or a route is heavier than its budget (gzip, scripts and styles; fonts on their own).
import { existsSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

const kib = 1024;
const budget = { first: 300 * kib, route: 250 * kib, fonts: 200 * kib };
const dist = new URL('../dist/', import.meta.url).pathname;
const manifestPath = join(dist, '.vite/manifest.json');
if (!existsSync(manifestPath)) {
  console.error('check-size: dist/.vite/manifest.json is missing; run "npm run build"');
  process.exit(1);
}
const manifest = JSON.parse(readFileSync(manifestPath, 'utf8'));
const size = (file) => gzipSync(readFileSync(join(dist, file)), { level: 9 }).length;

/** The files that a chunk needs before it runs: itself, its static imports and their styles. */
function closure(key, seen = new Set()) {
  const chunk = manifest[key];
  if (!chunk || seen.has(chunk.file)) return seen;
  seen.add(chunk.file);
  for (const style of chunk.css ?? []) seen.add(style);
  for (const dependency of chunk.imports ?? []) closure(dependency, seen);
  return seen;
}

const entry = Object.keys(manifest).find((key) => manifest[key].isEntry);
const first = closure(entry);
// the language of the reader is loaded at run time but before the first paint: count the larger one
const language = Object.keys(manifest).filter((key) => /i18n\/locales\/\w+\.json$/.test(key));
const total = (set) => [...set].reduce((sum, file) => sum + size(file), 0);
const languageSize = Math.max(0, ...language.map((key) => size(manifest[key].file)));
const rows = [['first load', total(first) + languageSize, budget.first]];
for (const [key, chunk] of Object.entries(manifest)) {
  if (!chunk.isDynamicEntry || language.includes(key)) continue;
  const own = new Set([...closure(key)].filter((file) => !first.has(file)));
  rows.push([key.replace('src/features/', ''), total(own), budget.route]);
}
const fonts = readdirSync(join(dist, 'assets')).filter((name) => name.endsWith('.woff2'));
rows.push([
  'fonts',
  fonts.reduce((sum, name) => sum + statSync(join(dist, 'assets', name)).size, 0),
  budget.fonts,
]);

let failed = false;
for (const [name, bytes, limit] of rows) {
  const over = bytes > limit;
  failed ||= over;
  console.log(
    `${over ? 'OVER' : 'ok  '} ${(bytes / kib).toFixed(1).padStart(7)} of ${limit / kib} KiB  ${name}`,
  );
}
rmSync(join(dist, '.vite'), { recursive: true, force: true });
process.exit(failed ? 1 : 0);
