'use strict';

// README, docs and typings say of options, error codes, metrics and entries what the engine's tables say. The pages'
// tables are written by scripts/docs.js, and docs.test.js compares them; the typings are written by hand. That readers
// go by the rows is tested in src/options/tests.rs.

const fs = require('node:fs');
const path = require('node:path');

const { CXoneAuthClient, DtmfInjector } = require('..');
const { pageOf } = require('../lib/errors.js');
const { tables } = require('../lib/tables.js');
const docs = require('../scripts/docs.js');
const { problems } = require('./support/typings.js');

const read = (name) => fs.readFileSync(path.join(docs.ROOT, name), 'utf8').replaceAll('\r\n', '\n');

const apiUrl = 'https://api.example';
const client = { authUrl: 'https://auth.example', clientId: 'a', clientSecret: 'b' };

const newInjector = (config) =>
  new DtmfInjector(new CXoneAuthClient(client), { apiUrl, logger: false, ...config });

function refused(config) {
  try {
    newInjector(config);
    return false;
  } catch {
    return true;
  }
}

test('the typings say what the tables say', () => {
  expect(problems(read, tables())).toEqual([]);
});

test('every `error.docs` is a section', () => {
  const sections = read('docs/errors.md').matchAll(/^## (\w+)$/gm);
  // As GitHub makes the address of a heading.
  const addresses = Array.from(sections, ([, heading]) => `docs/errors.md#${heading.toLowerCase()}`);
  expect(addresses).toEqual(tables().errors.map(({ code }) => pageOf(code)));
});

describe('a default', () => {
  const defaultOf = ({ options }, name) =>
    options.find(({ section, path: full }) => section === 'injector' && full === name).default;

  /** The defaults that can be seen from outside and are not those of the table. */
  function wrongDefaults(known) {
    const wrong = [];
    const base = defaultOf(known, 'retry.baseMs');
    const cap = defaultOf(known, 'retry.capMs');
    // The longest back-off must not be less than the first: what is told of one shows the other.
    const isTaken = (retry) => !refused({ retry });
    if (!isTaken({ capMs: base }) || isTaken({ capMs: base - 1 })) wrong.push('retry.baseMs');
    if (!isTaken({ baseMs: cap }) || isTaken({ baseMs: cap + 1 })) wrong.push('retry.capMs');
    const { retryBudget } = newInjector({}).metrics();
    if (retryBudget !== defaultOf(known, 'retry.budget')) wrong.push('retry.budget');
    return wrong;
  }

  const README = read('README.md');

  test('of the tables is that of pages, typings and injectors', () => {
    expect(docs.render(README)).toBe(README);
    expect(wrongDefaults(tables())).toEqual([]);
  });

  test.each(['retry.baseMs', 'retry.capMs', 'retry.budget'])(
    'of %s that changes in the tables alone is found by all of them',
    (name) => {
      const options = tables().options.map((option) =>
        option.path === name ? { ...option, default: option.default + 1 } : option,
      );
      const changed = { ...tables(), options };
      const value = defaultOf(changed, name);

      const page = docs.render(README, changed);
      expect(page).not.toBe(README);
      expect(page).toMatch(new RegExp(`^\\| \`${name}\` \\| ${value}( ms)? \\|`, 'm'));
      const field = name.split('.')[1];
      expect(problems(read, changed)).toEqual([
        expect.stringMatching(new RegExp(`^RetryConfig\\.${field} says .*, the table "Default: ${value},`)),
      ]);
      expect(wrongDefaults(changed)).toEqual([name]);
    },
  );
});

test('a limit that changes in the tables alone is found by page and typings', () => {
  const options = tables().options.map((option) =>
    option.path === 'maxInFlight' ? { ...option, max: 7 } : option,
  );
  const changed = { ...tables(), options };
  const page = read('docs/options.md');
  expect(docs.render(page, changed)).not.toBe(page);
  expect(problems(read, changed)).toEqual([expect.stringContaining('the table "Default: 256, 1 to 7."')]);
});

test('a field that is always there is not optional, and one that is not is', () => {
  const outcome = tables().outcome.map((field) => {
    if (field.name === 'attempts') return { ...field, shown: 'when it failed' };
    return field.name === 'fence' ? { ...field, shown: 'always' } : field;
  });
  expect(problems(read, { ...tables(), outcome })).toEqual([
    expect.stringContaining('AuditEntry.attempts is not optional'),
    expect.stringContaining('AuditEntry.fence is optional'),
  ]);
});

describe('a name', () => {
  test.each([
    ['options', 'timeoutMs', 'injector: no type has another'],
    ['errors', 'ERR_DTMF_AUTH', 'another is typed as ""'],
    ['metrics', 'attempts', 'MetricsSnapshot lacks another'],
    ['outcome', 'attemptMs', 'AuditEntry lacks another'],
  ])(
    'that changes in the table of %s alone is missed in the typings, and the other way round',
    (table, name, missing) => {
      const keys = ['path', 'code', 'json'];
      const rename = (row) => {
        const key = keys.find((one) => row[one] === name);
        return key ? { ...row, [key]: 'another' } : row;
      };
      const found = problems(read, { ...tables(), [table]: tables()[table].map(rename) });
      expect(found).toContainEqual(expect.stringContaining(missing));
      expect(found).toContainEqual(expect.stringMatching(new RegExp(`\\b${name} is in no table`)));
    },
  );
});
