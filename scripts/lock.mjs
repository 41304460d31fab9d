// Completes web/package-lock.json: npm leaves out the entries of optional packages
// for other platforms when the registry it was made with does not carry them, and
// then refuses its own lock file in `npm ci`. Each missing entry is written with the
// version that its parent asks for and the platform that its name tells; npm skips it
// on this platform and fetches it on its own.
//
//   node scripts/lock.mjs web/package-lock.json
import { readFileSync, writeFileSync } from 'node:fs';

const platform = /(android|darwin|freebsd|linux|win32)-(x64|arm64|arm|ia32)(-gnu|-musl)?$/;

/** The folders in which node looks for a package, nearest first. */
function homes(at) {
  const found = [];
  for (let dir = at; dir; dir = dir.slice(0, Math.max(0, dir.lastIndexOf('/node_modules/')))) {
    found.push(`${dir}/node_modules/`);
  }
  return [...found, 'node_modules/'];
}

function entry(parent, name, version) {
  const [, os, cpu, libc] = name.match(platform) ?? [];
  if (!os || !/^\d/.test(version)) {
    throw new Error(`${name}@${version}: cannot tell version and platform; add its entry by hand`);
  }
  return {
    version,
    cpu: [cpu],
    ...(parent.dev && { dev: true }),
    ...(libc && { libc: [libc === '-musl' ? 'musl' : 'glibc'] }),
    license: parent.license,
    optional: true,
    os: [os],
    engines: parent.engines,
  };
}

const file = process.argv[2];
const lock = JSON.parse(readFileSync(file, 'utf8'));
let added = 0;
for (const [at, pkg] of Object.entries(lock.packages)) {
  for (const [name, version] of Object.entries(pkg.optionalDependencies ?? {})) {
    if (homes(at).some((home) => lock.packages[home + name])) continue;
    lock.packages[`node_modules/${name}`] = entry(pkg, name, version);
    added += 1;
  }
}
lock.packages = Object.fromEntries(Object.entries(lock.packages).sort(([a], [b]) => (a < b ? -1 : 1)));
writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`);
console.log(`${file}: ${added} entries added`);
