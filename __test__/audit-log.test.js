'use strict';

// The audit log as a program meets it: what is written when, what happens when it cannot be, and what is not in it.

const { createHmac } = require('node:crypto');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');

const { newBench, failure, printed, settle, thrown, until, QUICK_RETRY } = require('./support/bench');
const { profile } = require('./support/profiles');
const { runProgram } = require('./support/program');

const bench = newBench();
const { params } = profile;
const KEY = 'audit-key-canary-0123456789';

let folder;
beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'cxone-dtmf-audit-'));
});
afterEach(() => {
  fs.rmSync(folder, { recursive: true, force: true });
});

const names = () => fs.readdirSync(folder).sort();
/** The file, or the only one. */
const file = (name = names()[0]) => path.join(folder, name);
const linesOf = (name) => fs.readFileSync(file(name), 'utf8').trimEnd().split('\n');
const recordsOf = (name) => linesOf(name).map((line) => JSON.parse(line));

async function injectorWith(auditLog, config = {}) {
  const platform = await bench.platform();
  const injector = bench.injector(platform, { auditLog, retry: QUICK_RETRY, ...config });
  return { platform, injector };
}

test('an intent is there before the request, and the outcome before the promise settles', async () => {
  const { platform, injector } = await injectorWith({ directory: folder, key: KEY });
  let before;
  platform.answer(() => {
    before = recordsOf();
    return {};
  });
  const { audit } = await injector.injectDTMF(params());
  expect(audit.logged).toBe(true);
  expect(before.map(({ ev }) => ev)).toEqual(['open', 'intent']);
  const after = recordsOf();
  expect(after.map(({ ev }) => ev)).toEqual(['open', 'intent', 'outcome']);
  for (const record of after.slice(1)) expect(record.inj).toBe(audit.injectionId);
  expect(after[1]).toMatchObject({ v: 1, seq: 1, call: audit.callId, att: 1, len: '9-20' });
  await injector.close();
  expect(recordsOf().at(-1).ev).toBe('close');
});

test('the chain is that of the documentation, and the file is its owner’s alone', async () => {
  const { injector } = await injectorWith({ directory: folder, key: Buffer.from(KEY) });
  await injector.injectDTMF(params());
  await injector.close();
  let previous = '';
  for (const line of linesOf()) {
    const at = line.lastIndexOf(',"mac"');
    const mac = createHmac('sha256', KEY).update(previous).update(line.slice(0, at)).digest('base64url');
    expect(JSON.parse(line).mac).toBe(mac);
    previous = mac;
  }
  if (process.platform !== 'win32') expect(fs.statSync(file()).mode & 0o777).toBe(0o600);
});

test('no digit, token or key is in it', async () => {
  const { platform, injector } = await injectorWith({ directory: folder, key: KEY });
  platform.answer({ status: 400, body: { echo: params().dtmfString } }, { drop: 'after' });
  await settle(injector.injectDTMF(params()));
  await settle(injector.injectDTMF(params({ callId: 'call-2' })));
  await injector.close();
  const text = fs.readFileSync(file(), 'utf8');
  for (const secret of [params().dtmfString, 'token-canary', 'secret-canary', KEY]) {
    expect(text).not.toContain(secret);
  }
  expect(recordsOf().filter(({ ev }) => ev === 'outcome')).toHaveLength(2);
});

test('what never was about to leave is not recorded', async () => {
  const { injector } = await injectorWith({ directory: folder });
  const error = await failure(injector.injectDTMF(params({ dtmfString: 'x' })));
  expect(error.audit).not.toHaveProperty('logged');
  await injector.close();
  expect(names()).toEqual([]);
});

describe('a place that cannot be written', () => {
  const nowhere = () => path.join(folder, 'not-there');

  test("'block' refuses, unsent, and says why", async () => {
    const lines = [];
    const take = (level) => (message) => lines.push(`${level} ${message}`);
    const logger = { info: take('info'), warn: take('warn'), error: take('error') };
    const { platform, injector } = await injectorWith({ directory: nowhere() }, { logger });
    const error = await failure(injector.injectDTMF(params(), { maxAttempts: 1 }));
    expect(error).toMatchObject({
      code: 'ERR_DTMF_AUDIT',
      delivery: 'not-sent',
      attempts: 0,
      retryable: true,
    });
    expect(error.message).toMatch(/^the audit log cannot take the injection, so nothing was sent: /);
    expect(platform.injections()).toEqual([]);
    expect(error.audit.logged).toBe(false);
    expect(injector.metrics().auditFailures).toBe(0);
    await until(() => lines.includes('error Audit log cannot be written'), 'the log line');
  });

  test("'continue' goes on: success stays success, and says that it is not logged", async () => {
    const { platform, injector } = await injectorWith({ directory: nowhere(), onFailure: 'continue' });
    const { success, audit } = await injector.injectDTMF(params());
    expect([success, audit.logged, audit.delivery]).toEqual([true, false, 'accepted']);
    expect(platform.injections()).toHaveLength(1);
    expect(injector.metrics().auditFailures).toBe(1);
    expect(injector.metricsText()).toContain('cxone_dtmf_audit_failures_total 1\n');
  });
});

test('two injectors share one log, and must have the same settings', async () => {
  const { platform, injector } = await injectorWith({ directory: folder, key: KEY });
  const second = bench.injector(platform, { auditLog: { directory: folder, key: KEY } });
  await Promise.all([injector.injectDTMF(params()), second.injectDTMF(params({ callId: 'call-2' }))]);
  const [only, ...others] = fs.readdirSync(folder);
  expect(others).toEqual([]);
  expect(recordsOf(only).filter(({ ev }) => ev === 'intent')).toHaveLength(2);
  const error = thrown(() => bench.injector(platform, { auditLog: { directory: folder } }));
  expect(printed(error)).toMatch(/auditLog names a folder that another injector of this process uses/);
});

test('another process writes a file of its own, and touches no other', async () => {
  const { platform, injector } = await injectorWith({ directory: folder, key: KEY });
  await injector.injectDTMF(params());
  const [mine] = names();
  fs.copyFileSync(file(mine), path.join(folder, 'audit.20261130120000.jsonl'));
  const before = names().map((name) => [name, fs.readFileSync(file(name), 'utf8')]);
  const other = await runProgram(
    `
    const { CXoneAuthClient, DtmfInjector } = require('cxone-dtmf');
    const { profile } = require(process.env.PROFILES);
    (async () => {
      const credentials = JSON.parse(process.env.CREDENTIALS);
      const auth = new CXoneAuthClient({ ...credentials, logger: false });
      const auditLog = { directory: process.env.FOLDER };
      const config = { apiUrl: credentials.authUrl, logger: false, auditLog, ...profile.config };
      const injector = new DtmfInjector(auth, config);
      const { success } = await injector.injectDTMF(profile.params({ callId: 'call-2' }));
      console.log(success);
      await injector.close();
    })();`,
    { env: { FOLDER: folder, CREDENTIALS: JSON.stringify(platform.credentials) } },
  );
  expect(other).toMatchObject({ code: 0, stdout: 'true\n' });
  expect(names()).toHaveLength(3);
  for (const [name, text] of before) expect(fs.readFileSync(file(name), 'utf8')).toBe(text);
});

test('a file that is removed is told of, and what was in it is a gap', async () => {
  const lines = [];
  const take = (level) => (message) => lines.push(`${level} ${message}`);
  const logger = { info: take('info'), warn: take('warn'), error: take('error') };
  const { injector } = await injectorWith({ directory: folder, key: KEY }, { logger });
  const { audit } = await injector.injectDTMF(params());
  fs.rmSync(file());
  await injector.injectDTMF(params({ callId: 'call-2' }));
  expect(recordsOf().map(({ ev }) => ev)).toEqual(['open', 'gap', 'intent', 'outcome']);
  const gap = { lost: 3, first: audit.injectionId, last: audit.injectionId };
  expect(recordsOf()[1]).toMatchObject(gap);
  await until(() => lines.some((line) => line.startsWith('error Audit log file was removed')));
});

test('anchors are given at the end, and an onAnchor that throws costs nothing', async () => {
  const anchors = [];
  const { injector } = await injectorWith({
    directory: folder,
    onAnchor: (anchor) => {
      anchors.push(anchor);
      throw new Error('no');
    },
  });
  await injector.injectDTMF(params());
  await injector.close();
  await until(() => anchors.length > 0, 'an anchor');
  const [origin, size, mac] = anchors.at(-1).split('\n');
  expect(origin).toMatch(/^cxone-dtmf\/audit\/v1\/[0-9a-f-]{36}$/);
  const records = recordsOf();
  expect([Number(size), mac]).toEqual([records.length, records.at(-1).mac]);
});

test('a new file follows when one is full, and the two are linked', async () => {
  const { injector } = await injectorWith({ directory: folder, rotate: { bytes: 4096 }, durability: 'os' });
  for (let n = 0; n < 20; n += 1) await injector.injectDTMF(params());
  await injector.close();
  const [first, second] = names();
  expect(recordsOf(first).at(-1)).toMatchObject({ ev: 'close', next: second });
  expect(recordsOf(second)[0]).toMatchObject({ ev: 'open', prev: { file: first } });
});

test.each([
  ['auditLog', {}],
  ['directory', { directory: '' }],
  ['directory', { directory: 7 }],
  ['file', { directory: 'a', file: 'b' }],
  ['key', { directory: 'a', key: 'short' }],
  ['key', { directory: 'a', key: 7 }],
  ['durability', { directory: 'a', durability: 'sync' }],
  ['onFailure', { directory: 'a', onFailure: 'stop' }],
  ['bytes', { directory: 'a', rotate: { bytes: 100 } }],
  ['hours', { directory: 'a', rotate: { hours: 0.5 } }],
  ['days', { directory: 'a', rotate: { days: 1 } }],
  ['onAnchor', { directory: 'a', onAnchor: true }],
  ['path', { path: 'a', directory: 'a' }],
])('%s is named: %p', async (field, auditLog) => {
  const platform = await bench.platform();
  const error = thrown(() => bench.injector(platform, { auditLog }));
  expect(error).toMatchObject({ code: 'ERR_DTMF_INVALID' });
  expect(error.message).toMatch(new RegExp(`\\b${field}\\b`));
});
