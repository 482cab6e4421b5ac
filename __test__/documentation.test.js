'use strict';

// The README, the typings and the engine name the same error codes and the same options.

const fs = require('node:fs');
const path = require('node:path');

const read = (...names) =>
  fs.readFileSync(path.join(__dirname, '..', ...names), 'utf8').replace(/\r\n/g, '\n');
const README = read('README.md');
const TYPINGS = read('index.d.ts');
const ENGINE = read('crates', 'engine', 'src', 'error', 'code.rs');

/** The body rows of the README's tables with this head, cell by cell. */
function tables(...head) {
  const rows = README.split('\n').map((line) =>
    line.startsWith('|')
      ? line
          .slice(1, -1)
          .split('|')
          .map((cell) => cell.trim())
      : [],
  );
  const found = [];
  rows.forEach((row, at) => {
    if (row.length === 0 || row.join() !== head.join()) return;
    const end = rows.findIndex((later, index) => index > at && later.length === 0);
    found.push(rows.slice(at + 2, end));
  });
  return found;
}

const bare = (text) => text.replace(/`/g, '');
const quoted = (text) => [...text.matchAll(/'([^']+)'/g)].map(([, word]) => word);

describe('error codes', () => {
  const [table] = tables('code', 'when', 'delivery', 'what to do');
  /** Code by code what can be known of the digits, as the typings of its errors say. */
  const typed = new Map();
  for (const [, code, deliveries] of TYPINGS.matchAll(/extends DtmfErrorFields<\s*'(\w+)',\s*([^>]+)>/g)) {
    typed.set(code, new Set([...(typed.get(code) ?? []), ...quoted(deliveries)]));
  }
  const engine = [...ENGINE.matchAll(/\w+ = "((?:ERR|ABORT)_\w+)"/g)].map(([, code]) => code);

  test('the README names those of the engine, in its order', () => {
    expect(engine.length).toBeGreaterThan(10);
    expect(table.map(([code]) => bare(code))).toEqual(engine);
  });

  test('the typings name those of the engine', () => {
    expect([...typed.keys()].sort()).toEqual([...engine].sort());
  });

  test('every error of the typings is in the union', () => {
    const union = /export type DtmfError =([^;]+);/.exec(TYPINGS)[1].match(/\w+Error\b/g);
    const interfaces = [...TYPINGS.matchAll(/export interface (\w+) extends DtmfErrorFields</g)].map(
      ([, name]) => name,
    );
    expect(union.sort()).toEqual(interfaces.sort());
  });

  test.each(table)('%s: %s', (code, when, delivery, remedy) => {
    expect(new Set(delivery.split(', '))).toEqual(typed.get(bare(code)));
    expect(when).not.toBe('');
    expect(remedy).not.toBe('');
  });
});

describe('options', () => {
  /** Each option of an interface and of what it extends: its name, and its default as its comment tells. */
  function options(name, { inherited = true } = {}) {
    const interfaceOf = new RegExp(`export interface ${name} (?:extends (\\w+) )?\\{\\n([\\s\\S]*?)\\n\\}`);
    const [, base, body] = interfaceOf.exec(TYPINGS);
    const fields = [...body.matchAll(/\/\*\*([\s\S]*?)\*\/\s*readonly (\w+)(\??):/g)];
    const own = fields.map(([, comment, field, optional]) => {
      const text = bare(comment.replace(/\n\s*\* ?/g, ' ')).replace(/\{@link (\S+?)\}/g, '$1');
      const stated = /\bDefault[^:.]*: (.+?)(?=[,;.](?:\s|$)|$)/.exec(text);
      return [field, optional ? (stated?.[1].trim() ?? 'none') : 'required'];
    });
    return base && inherited ? [...own, ...options(base)] : own;
  }

  /** The options of a table; a cell may name several. */
  function documented(table) {
    return new Map(
      table.flatMap(([names, fallback]) => names.split(', ').map((name) => [bare(name), bare(fallback)])),
    );
  }

  const [injector, session, auth, injection] = tables('option', 'default', 'meaning').map(documented);

  test('there are four tables', () => {
    expect(injector.has('apiUrl')).toBe(true);
    expect(session.has('apiVersion')).toBe(true);
    expect(auth.has('clientSecret')).toBe(true);
    expect(injection.has('maxAttempts')).toBe(true);
  });

  /** Options that are objects, with their types. */
  const sections = {
    retry: 'RetryConfig',
    rateLimit: 'RateLimit',
    auditLog: 'AuditLogConfig',
    'auditLog.rotate': 'AuditRotation',
    fleet: 'FleetConfig',
  };

  const cases = [
    ...options('TelephonyConfig')
      .filter(([field]) => !Object.hasOwn(sections, field))
      .map((one) => ['TelephonyConfig', injector, ...one]),
    ...options('SessionConfig', { inherited: false })
      .filter(([field]) => !['api', 'apiUrl'].includes(field))
      .map((one) => ['SessionConfig', session, ...one]),
    ...Object.entries(sections).flatMap(([section, owner]) =>
      options(owner)
        .map(([field, fallback]) => [owner, injector, `${section}.${field}`, fallback])
        .filter(([, , field]) => !Object.hasOwn(sections, field)),
    ),
    ...options('ClientCredentialsConfig').map((one) => ['ClientCredentialsConfig', auth, ...one]),
    ...options('AccessKeyConfig', { inherited: false })
      .filter(([field]) => field !== 'grant')
      .map((one) => ['AccessKeyConfig', auth, ...one]),
    ...options('InjectionOptions').map((one) => ['InjectionOptions', injection, ...one]),
  ];

  test.each(cases.map(([owner, table, field, fallback]) => [owner, field, fallback, table]))(
    '%s.%s is in the README, default %s',
    (_owner, field, fallback, table) => {
      // The README adds the unit.
      expect(table.get(field)?.replace(/ ms$/, '')).toBe(fallback);
    },
  );

  test.each([
    ['DtmfInjector', injector, ['TelephonyConfig', ...Object.values(sections)]],
    ["api 'agent-session'", session, ['SessionConfig']],
    ['CXoneAuthClient', auth, ['ClientCredentialsConfig', 'AccessKeyConfig']],
    ['injectDTMF', injection, ['InjectionOptions']],
  ])('the README names no option of %s that the typings lack', (_name, table, owners) => {
    const typed = cases.filter(([owner]) => owners.includes(owner)).map(([, , field]) => field);
    expect([...table.keys()].filter((field) => !typed.includes(field))).toEqual([]);
  });
});

const ROOT = path.join(__dirname, '..');
const PAGES = ['README.md', 'CONTRIBUTING.md', 'SECURITY.md', 'CHANGELOG.md'].concat(
  fs.readdirSync(path.join(ROOT, 'docs')).map((name) => `docs/${name}`),
);
/** What git does not keep. */
const IGNORED = [...read('.gitignore').matchAll(/^\/?([^/\n]+)\/$/gm)].map(([, folder]) => folder);

describe('files', () => {
  const OURS = /^(\.ci|\.github|__test__|bin|crates|docs|examples|fuzz|lib|scripts|src|tests)\/[\w./-]*$/;
  const isThere = (...names) => fs.existsSync(path.join(ROOT, ...names));

  /** The files of this repository that a text names in backticks. */
  const named = (text) =>
    [...text.matchAll(/`([^`\n]+)`/g)].map(([, code]) => code).filter((code) => OURS.test(code));

  test.each(PAGES)('%s links to pages that are there', (page) => {
    const targets = [...read(page).matchAll(/\]\(([^)#:]+)(?:#[^)]*)?\)/g)].map(([, target]) => target);
    expect(targets.filter((target) => !isThere(path.dirname(page), target))).toEqual([]);
  });

  test.each(PAGES)('%s names files that are there', (page) => {
    // One page says at its top that its paths begin in the engine.
    const places = page === 'docs/verification.md' ? ['', 'crates/engine'] : [''];
    const missing = named(read(page)).filter((name) => !places.some((place) => isThere(place, name)));
    expect(missing).toEqual([]);
  });

  test('the JavaScript and the typings name files that are there', () => {
    const sources = ['lib', 'scripts'].flatMap((folder) =>
      fs.readdirSync(path.join(ROOT, folder), { recursive: true }).map((name) => path.join(folder, name)),
    );
    const texts = sources.filter((name) => name.endsWith('.js')).concat('index.d.ts', 'simulator.d.ts');
    const found = texts.flatMap((name) => named(read(name)));
    expect(found.length).toBeGreaterThan(5);
    expect(found.filter((name) => !isThere(name))).toEqual([]);
  });
});

describe('architecture.md', () => {
  /** The sections by their first words. */
  const section = (title) =>
    read('docs', 'architecture.md')
      .split(/^## /m)
      .find((text) => text.startsWith(title));

  /** What the first column of a table names. */
  function rows(text, head) {
    const [table] = text.split(`\n| ${head} | What it is |\n| --- | --- |\n`)[1].split('\n\n');
    const cells = table.split('\n').map((row) => row.split('|')[1]);
    return cells.flatMap((cell) => cell.split(', ').map((name) => bare(name.trim()))).sort();
  }

  /** What a folder has, but for what is hidden or not kept by git. */
  function entries(...names) {
    const all = fs.readdirSync(path.join(ROOT, ...names), { withFileTypes: true });
    return all.filter(({ name }) => !name.startsWith('.') && !IGNORED.includes(name));
  }

  const folders = (...names) => entries(...names).filter((entry) => entry.isDirectory());
  const repository = section('The repository');

  test('names the folders of the repository', () => {
    expect(rows(repository, 'Folder')).toEqual(
      folders()
        .map(({ name }) => `${name}/`)
        .sort(),
    );
  });

  test('names the crates', () => {
    const crates = folders('crates').map(({ name }) => `crates/${name}`);
    expect(rows(repository, 'Crate')).toEqual(crates.sort());
    const drawn = [...repository.matchAll(/\["(crates\/\w+)"\]/g)].map(([, crate]) => crate);
    expect(drawn.sort()).toEqual(crates);
  });

  test('names the rooms of the engine in its table and in its picture', () => {
    const text = section('The rooms');
    const modules = entries('crates', 'engine', 'src').map(({ name }) => path.basename(name, '.rs'));
    const rooms = modules.filter((name) => name !== 'lib').sort();
    expect(rows(text, 'Room')).toEqual(rooms);
    const [, picture] = /```mermaid\nflowchart TD\n([\s\S]*?)```/.exec(text);
    const drawn = picture.replace(/^ *(subgraph .*|end)$/gm, '').match(/\w+/g);
    expect([...new Set(drawn)].sort()).toEqual(rooms);
  });
});
