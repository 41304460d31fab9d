// The walls of the web app: which folder may import which, file length, file names, no barrels.
//   lib, ui, i18n, api  ←  features  ←  app;  a feature never imports another;  ui and lib never fetch.
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join, relative } from 'node:path';

const src = new URL('../src/', import.meta.url).pathname;
const maxLines = 250;
const may = {
  lib: ['lib'],
  ui: ['lib', 'ui', 'i18n'],
  i18n: ['lib', 'i18n'],
  api: ['api', 'lib', 'i18n'],
  features: ['api', 'i18n', 'lib', 'ui'],
  app: ['api', 'app', 'features', 'i18n', 'lib', 'ui'],
};
const problems = [];

function* files(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* files(path);
    else yield path;
  }
}

for (const path of files(src)) {
  const name = relative(src, path);
  if (!/\.(ts|tsx|css)$/.test(name) || name.endsWith('.gen.d.ts')) continue;
  const text = readFileSync(path, 'utf8');
  const lines = text.split('\n').length - 1;
  if (lines > maxLines) problems.push(`${name}: ${lines} lines, at most ${maxLines}`);
  if (!/^[a-z0-9-]+(\.(test|module|d))?\.(ts|tsx|css)$/.test(basename(name))) {
    problems.push(`${name}: file names are kebab-case`);
  }
  if (/^(index)\.(ts|tsx)$/.test(basename(name)) && !name.startsWith('i18n/')) {
    problems.push(`${name}: no barrel files`);
  }
  const floor = name.split('/')[0];
  if (/\.test\.tsx?$/.test(name) || floor === 'test' || name === 'main.tsx') continue;
  if (['ui', 'lib'].includes(floor) && /\b(fetch|EventSource|XMLHttpRequest)\s*\(/.test(text)) {
    problems.push(`${name}: ${floor} does not talk to the server`);
  }
  for (const match of text.matchAll(/(?:from|import)\s*\(?\s*'(\.[^']+)'/g)) {
    const target = relative(src, join(path, '..', match[1]));
    const [targetFloor, feature] = target.split('/');
    if (targetFloor === 'features' && floor === 'features') {
      if (feature !== name.split('/')[1]) problems.push(`${name}: imports another feature (${target})`);
    } else if (may[floor] && !may[floor].includes(targetFloor)) {
      problems.push(`${name}: ${floor} may not import ${targetFloor} (${target})`);
    }
  }
}
for (const problem of problems) console.error(problem);
if (problems.length > 0) process.exit(1);
console.log('structure: imports, names and lengths as agreed');
