'use strict';

// README, docs and typings say of options, error codes, metrics and entries what the engine's tables say, and the
// engine does what they say. The pages' tables are written by scripts/docs.js; the typings are written by hand.

const fs = require('node:fs');
const path = require('node:path');

const { CXoneAuthClient, DtmfInjector } = require('..');
const { tables } = require('../lib/tables.js');
const docs = require('../scripts/docs.js');
const { params } = require('./support/bench');
const { problems } = require('./support/typings.js');

const read = (name) => fs.readFileSync(path.join(docs.ROOT, name), 'utf8').replaceAll('\r\n', '\n');

const apiUrl = 'https://api.example';
const client = { authUrl: 'https://auth.example', clientId: 'a', clientSecret: 'b' };

/** Hands options to what takes those of each section, and gives the message with which they are refused. */
const TAKERS = {
  auth: (config) => refusal(() => new CXoneAuthClient({ ...client, ...config })),
  injector: (config) => {
    // What these objects must have beside the option. No log can be made below a file.
    const { auditLog, fleet, rateLimit } = config;
    const whole = {
      ...config,
      ...(auditLog && { auditLog: { file: `${__filename}/audit.jsonl`, ...auditLog } }),
      ...(fleet && { fleet: { url: 'redis://127.0.0.1:1', ...fleet } }),
      ...(rateLimit && { rateLimit: { perMinute: 1, ...rateLimit } }),
    };
    return refusal(() => newInjector(whole));
  },
  injection: (options) => ofClosed((injector) => injector.injectDTMF(params(), options)),
  lock: (options) => ofClosed((injector) => injector.acquireChannelLock('call-1', options)),
  close: (options) => ofClosed((injector) => injector.close(options)),
};

const newInjector = (config) =>
  new DtmfInjector(new CXoneAuthClient(client), { apiUrl, logger: false, ...config });

/** What is asked of a closed injector costs nothing, and its options are checked first. */
async function ofClosed(call) {
  const injector = newInjector({});
  await injector.close();
  return call(injector).then(
    () => undefined,
    ({ message }) => message,
  );
}

function refusal(call) {
  try {
    call();
  } catch ({ message }) {
    return message;
  }
}

/** An object with one value, below the names of a path. */
const nested = (names, value) => names.split('.').reduceRight((inner, name) => ({ [name]: inner }), value);

test('the typings say what the tables say', () => {
  expect(problems(read, tables())).toEqual([]);
});

describe('limits', () => {
  const limited = tables().options.filter(({ min, max }) => min !== undefined && max !== undefined);

  test('there are some', () => expect(limited.length).toBeGreaterThan(20));

  test.each(limited.map((option) => [option.section, option.path, option]))(
    'of the %s: %s',
    async (section, name, { min, max }) => {
      const rule = `${name} must be a whole number from ${min} to ${max}`;
      const given = (value) => TAKERS[section](nested(name, value));
      for (const beyond of [min - 1, max + 1]) expect(await given(beyond)).toBe(rule);
      // At the limits another rule may be in the way, such as one of two options.
      for (const limit of [min, max]) expect(await given(limit)).not.toBe(rule);
    },
  );
});

describe('a default', () => {
  const defaultOf = ({ options }, name) =>
    options.find(({ section, path: full }) => section === 'injector' && full === name).default;

  /** The defaults that can be seen from outside and are not those of the table. */
  function wrongDefaults(known) {
    const wrong = [];
    const base = defaultOf(known, 'retry.baseMs');
    const cap = defaultOf(known, 'retry.capMs');
    const refused = (retry) => refusal(() => newInjector({ retry })) !== undefined;
    if (refused({ capMs: base }) || !refused({ capMs: base - 1 })) wrong.push('retry.baseMs');
    if (refused({ baseMs: cap }) || !refused({ baseMs: cap + 1 })) wrong.push('retry.capMs');
    if (newInjector({}).metrics().retryBudget !== defaultOf(known, 'retry.budget'))
      wrong.push('retry.budget');
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
