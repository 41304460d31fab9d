import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import en from './locales/en.json';
import ro from './locales/ro.json';

type Tree = { [key: string]: string | Tree };

function flat(tree: Tree, prefix = ''): Map<string, string> {
  const out = new Map<string, string>();
  for (const [key, value] of Object.entries(tree)) {
    const name = prefix ? `${prefix}.${key}` : key;
    if (typeof value === 'string') out.set(name, value);
    else for (const [inner, text] of flat(value, name)) out.set(inner, text);
  }
  return out;
}

const catalogues = { en: flat(en), ro: flat(ro) };
const plural = /_(zero|one|two|few|many|other)$/;
const base = (key: string) => key.replace(plural, '');
const params = (text: string) => [...text.matchAll(/\{\{\s*(\w+)/g)].map((match) => match[1]).sort();

describe.each(['en', 'ro'] as const)('catalogue %s', (language) => {
  const own = catalogues[language];
  const other = catalogues[language === 'en' ? 'ro' : 'en'];

  it('has a text for each key of the other', () => {
    const have = new Set([...own.keys()].map(base));
    expect([...other.keys()].map(base).filter((key) => !have.has(key))).toEqual([]);
  });

  it('has every plural form of its language', () => {
    const forms = new Intl.PluralRules(language).resolvedOptions().pluralCategories;
    const counted = new Set([...own.keys()].filter((key) => plural.test(key)).map(base));
    const missing = [...counted].flatMap((key) =>
      forms.filter((form) => !own.has(`${key}_${form}`)).map((form) => `${key}_${form}`),
    );
    expect(missing).toEqual([]);
  });

  it('has no empty text and no stray space', () => {
    expect([...own].filter(([, text]) => text.trim() === '' || text !== text.trim())).toEqual([]);
  });
});

describe('both catalogues', () => {
  it('take the same parameters', () => {
    const differing = [...catalogues.en].filter(([key, text]) => {
      const romanian = catalogues.ro.get(key) ?? catalogues.ro.get(base(key));
      return romanian !== undefined && params(text).join() !== params(romanian).join();
    });
    expect(differing).toEqual([]);
  });

  it('keep the names of the 42 inherited texts', () => {
    const names = Object.keys(en.siem);
    expect(names).toHaveLength(42);
    expect(names).toEqual(
      expect.arrayContaining(['title', 'threatScore', 'integrityVerified', 'lowAnomalies']),
    );
    expect(params(en.siem.integrityVerified)).toEqual(['verified']);
    expect(params(en.siem.integrityCompromised)).toEqual(['tampered', 'total']);
  });
});

describe('Romanian', () => {
  const texts = [...catalogues.ro];

  it('is written with comma-below letters, not cedillas', () => {
    expect(texts.filter(([, text]) => /[şţŞŢ]/.test(text))).toEqual([]);
  });

  it('puts "de" between twenty and a noun, never between two and a noun', () => {
    const wrong = texts.filter(([key, text]) => {
      const noun = /\{\{count, number\}\} (\p{L}+)/u.exec(text)?.[1];
      const verbs = ['afișate', 'afișat', 'preluată', 'preluate'];
      if (noun === undefined || verbs.includes(noun)) return false;
      if (key.endsWith('_other')) return noun !== 'de' && !text.includes('ultimele {{count');
      return key.endsWith('_few') || key.endsWith('_one') ? noun === 'de' : false;
    });
    expect(wrong).toEqual([]);
  });

  it('speaks formally', () => {
    const familiar =
      /(?<!\p{L})(tu|tău|ta|tale|tine|apasă|încearcă|selectează|introdu|scrie|alege)(?!\p{L})/iu;
    expect(texts.filter(([, text]) => familiar.test(text))).toEqual([]);
  });
});

describe('the source', () => {
  it('asks only for texts that exist, and every text is asked for', () => {
    const root = join(process.cwd(), 'src');
    const sources = readdirSync(root, { recursive: true, encoding: 'utf8' })
      .filter((name) => /\.tsx?$/.test(name) && !/test|gen\.d/.test(name))
      .map((name) => readFileSync(join(root, name), 'utf8'))
      .join('\n');
    const keys = new Set([...catalogues.en.keys()].map(base));
    const literal = [...sources.matchAll(/\bt\(\s*'([\w.-]+)'/g)].map((match) => match[1] ?? '');
    expect(literal.filter((key) => !keys.has(key))).toEqual([]);
    // keys that are put together: t(`severity.${x}`), and those the server names
    const built = [...sources.matchAll(/[`'](\w+(?:\.\w+)*)\.?\$\{/g)].map((match) => match[1] ?? '');
    const prefixes = [...new Set([...built, 'alert', 'anomaly', 'category', 'density', 'zone'])];
    const used = new Set(literal);
    const inherited =
      /^siem\.(threats|indicator|threatLevel|occurrences|lastSeen|exportSuccess|exportFailed)$/;
    const unused = [...keys].filter(
      (key) =>
        !used.has(key) && !inherited.test(key) && !prefixes.some((prefix) => key.startsWith(`${prefix}.`)),
    );
    expect(unused.filter((key) => !sources.includes(`'${key}'`))).toEqual([]);
  });
});
