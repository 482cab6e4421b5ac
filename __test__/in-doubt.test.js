'use strict';

// What follows an unknown outcome: a blind repeat presses nothing, and a call in doubt can be blocked.

const { pathToFileURL } = require('node:url');

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');

const { newBench, params, settle, failure, until } = require('./support/bench');
const { profile } = require('./support/profiles');
const { runProgram } = require('./support/program');

const bench = newBench();
let platform;
let injector;

beforeEach(async () => {
  platform = await bench.platform();
  injector = bench.injector(platform);
});

const press = (dtmfString, fields, by = injector) => by.injectDTMF(params({ dtmfString, ...fields }));
const heard = (callId) => platform.injections(callId).map(({ body }) => profile.digitsOf(body));

/** Presses digits whose outcome nobody knows. */
async function lose(dtmfString, fields, by = injector) {
  platform.answer({ drop: 'after' });
  const error = await failure(press(dtmfString, fields, by));
  expect(error).toMatchObject({ code: 'ERR_DTMF_OUTCOME_UNKNOWN', attempts: 1 });
  return error.audit.injectionId;
}

describe('a blind repeat', () => {
  test('of a loop presses nothing, and says what is known', async () => {
    const events = [];
    injector.registerCTIMonitor((event) => events.push(event));
    platform.answer({ drop: 'after' });
    const errors = [];
    for (let n = 0; n < 4; n += 1) errors.push(await failure(press('1974#', { interDigitPause: 100 + n })));
    expect(heard('call-1')).toEqual(['1974#']);
    const [first, ...repeats] = errors;
    expect(first.repeatOf).toBeUndefined();
    for (const repeat of repeats) {
      const { injectionId } = first.audit;
      const known = { code: 'ERR_DTMF_OUTCOME_UNKNOWN', delivery: 'unknown', attempts: 0 };
      expect(repeat).toMatchObject({
        ...known,
        safeToResend: false,
        retryable: false,
        repeatOf: injectionId,
      });
      expect(repeat.audit).toMatchObject({ ...known, status: 'error', repeatOf: injectionId });
      expect(repeat.audit.injectionId).not.toBe(injectionId);
      expect(repeat.message).toContain(injectionId);
      expect(repeat.message).not.toContain('1974');
      expect(repeat.response).toBeUndefined();
    }
    expect(events.map(({ event }) => event)).toEqual(Array(4).fill('dtmf.failed'));
    expect(events[3].auditEntry).toEqual(errors[3].audit);
    expect(injector.metrics()).toMatchObject({ repeatsGuarded: 3, injections: { unknown: 4 }, inDoubt: [] });
    expect(injector.metricsText()).toContain('cxone_dtmf_repeats_guarded_total 3');
  });

  test('of p-retry presses nothing', async () => {
    platform.answer({ drop: 'after' });
    const ended = await runProgram(
      `
      import pRetry from ${JSON.stringify(pathToFileURL(require.resolve('p-retry')).href)};
      import { CXoneAuthClient, DtmfInjector } from 'cxone-dtmf';
      import { createRequire } from 'node:module';
      const { profile } = createRequire(import.meta.url)(process.env.PROFILES);
      const credentials = JSON.parse(process.env.CREDENTIALS);
      const auth = new CXoneAuthClient({ ...credentials, logger: false });
      const injector = new DtmfInjector(auth, { apiUrl: credentials.authUrl, logger: false, ...profile.config });
      let calls = 0;
      const error = await pRetry(
        () => {
          calls += 1;
          return injector.injectDTMF(profile.params());
        },
        { retries: 3, minTimeout: 1, maxTimeout: 2 },
      ).catch((error) => error);
      console.log(calls, error.delivery, error.attempts);
      await injector.close();
      `,
      {
        type: 'mjs',
        env: { CREDENTIALS: JSON.stringify(platform.credentials) },
      },
    );
    expect(ended).toMatchObject({ code: 0, stderr: '' });
    expect(ended.stdout.trim()).toBe('4 unknown 0');
    expect(platform.injections('call-1')).toHaveLength(1);
  });

  test('is one by any injector of the process, also when the first is closed, and under a lock', async () => {
    const first = await lose('12');
    const other = bench.injector(platform);
    await injector.close();
    expect(await failure(press('12', {}, other))).toMatchObject({ repeatOf: first });
    const lock = await other.acquireChannelLock('call-1');
    const under = other.injectDTMF(params({ dtmfString: '12' }), { lock });
    expect(await failure(under)).toMatchObject({ repeatOf: first, attempts: 0 });
    await lock.release();
    expect(heard('call-1')).toEqual(['12']);
  });

  test('is one for a worker thread', async () => {
    const first = await lose('12');
    const ended = await new Promise((resolve, reject) => {
      const { Worker } = require('node:worker_threads');
      const source = `
        const { parentPort, workerData } = require('node:worker_threads');
        const { CXoneAuthClient, DtmfInjector } = require(workerData.package);
        const auth = new CXoneAuthClient({ ...workerData.credentials, logger: false });
        const injector = new DtmfInjector(auth, workerData.config);
        injector
          .injectDTMF(workerData.params)
          .catch(({ repeatOf }) => repeatOf)
          .then(async (repeatOf) => {
            const resolved = await injector.resolve('call-1', 'not-pressed');
            parentPort.postMessage({ repeatOf, resolved });
          });
      `;
      const workerData = {
        package: path.resolve(__dirname, '..'),
        credentials: platform.credentials,
        config: { apiUrl: platform.url, logger: false, ...profile.config },
        params: params({ dtmfString: '12' }),
      };
      const worker = new Worker(source, { eval: true, workerData });
      worker.once('message', resolve).once('error', reject);
    });
    expect(ended).toEqual({ repeatOf: first, resolved: true });
    await press('12');
    expect(heard('call-1')).toEqual(['12', '12']);
  });

  test('is not other digits, another call, or what was queued before', async () => {
    await lose('12');
    await press('12', { callId: 'call-2' });
    await press('21');
    expect(heard('call-1')).toEqual(['12', '21']);
    const willing = bench.injector(platform, { afterUnknown: 'continue' });
    platform.answer({ drop: 'after', hold: true });
    const both = [settle(press('7', {}, willing)), settle(press('7', {}, willing))];
    await until(() => platform.injections('call-1').length === 3 && willing.metrics().waiting === 1);
    platform.release();
    expect((await Promise.all(both)).map(({ ok }) => ok)).toEqual([false, true]);
  });

  test('ends with other digits that are accepted, and with its time', async () => {
    await lose('12');
    await press('3');
    await press('12');
    const hasty = bench.injector(platform, { repeatGuardMs: 1 });
    await lose('45', {}, hasty);
    let ended = false;
    while (!ended) ended = (await settle(press('45'))).ok;
    expect(heard('call-1')).toEqual(['12', '3', '12', '45', '45']);
  });

  test('can be switched off for an injector', async () => {
    const willing = bench.injector(platform, { repeatGuardMs: 0 });
    await lose('12', {}, willing);
    await press('12', {}, willing);
    await lose('34');
    await press('34', {}, willing);
    expect(heard('call-1')).toEqual(['12', '12', '34', '34']);
  });

  test('is told of by letters of both cases, and by digits that are bytes', async () => {
    const letters = profile.name === 'telephony-v2' ? {} : { allowAToD: true };
    const able = bench.injector(platform, letters);
    const first = await lose('1a', {}, able);
    expect(await failure(press(Buffer.from('1A'), {}, able))).toMatchObject({ repeatOf: first });
  });

  test('leaves no record in the audit log', async () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'cxone-dtmf-doubt-'));
    const auditLog = { directory: folder, key: 'a-key-of-sixteen-bytes' };
    const logged = bench.injector(platform, { auditLog });
    await lose('12', {}, logged);
    expect(await failure(press('12', {}, logged))).not.toHaveProperty('audit.logged');
    await logged.close();
    const [name] = fs.readdirSync(folder);
    const records = fs.readFileSync(path.join(folder, name), 'utf8').trimEnd().split('\n');
    const kinds = records.map((line) => JSON.parse(line).ev);
    expect(kinds).toEqual(['open', 'intent', 'outcome', 'close']);
    fs.rmSync(folder, { recursive: true });
  });
});

describe("afterUnknown: 'block'", () => {
  let blocking;
  beforeEach(() => {
    blocking = bench.injector(platform, { afterUnknown: 'block' });
  });

  test('the call takes nothing more by any injector until it is resolved', async () => {
    const first = await lose('12', {}, blocking);
    for (const by of [blocking, injector]) {
      const error = await failure(press('3', {}, by));
      expect(error).toMatchObject({ code: 'ERR_DTMF_AFTER_UNKNOWN', delivery: 'not-sent', attempts: 0 });
      expect(error).toMatchObject({ safeToResend: true, retryable: false });
      expect(error.message).toContain(first);
      expect(error.message).toContain('resolve');
    }
    expect(await failure(press('12'))).toMatchObject({ repeatOf: first });
    await press('3', { callId: 'call-2' });
    // In effect at once: what is asked for next need not wait for the promise.
    const resolved = injector.resolve('call-1', 'pressed');
    await press('12', {}, blocking);
    expect(await resolved).toBe(true);
    expect(await blocking.resolve('call-1', 'not-pressed')).toBe(false);
    expect(heard('call-1')).toEqual(['12', '12']);
  });

  test('what waits is rejected, and what is asked for under a lock later too', async () => {
    const lock = await blocking.acquireChannelLock('call-1');
    platform.answer({ drop: 'after', hold: true });
    const under = (dtmfString) => settle(blocking.injectDTMF(params({ dtmfString }), { lock }));
    const all = [under('1'), under('2'), settle(press('3'))];
    await until(() => platform.injections('call-1').length === 1);
    await until(() => blocking.metrics().waiting === 1 && injector.metrics().waiting === 1);
    platform.release();
    await Promise.all(all);
    const codes = [...all, under('4')].map(async (one) => (await one).error.code);
    expect(await Promise.all(codes)).toEqual([
      'ERR_DTMF_OUTCOME_UNKNOWN',
      'ERR_DTMF_AFTER_UNKNOWN',
      'ERR_DTMF_AFTER_UNKNOWN',
      'ERR_DTMF_AFTER_UNKNOWN',
    ]);
    await blocking.resolve('call-1', 'not-pressed');
    expect(await under('5')).toMatchObject({ ok: true });
    await lock.release();
  });

  test('is listed, and ends by itself', async () => {
    const short = bench.injector(platform, { afterUnknown: 'block', blockUnknownMs: 50 });
    const first = await lose('12', {}, blocking);
    await lose('12', { callId: 'call-2' }, short);
    const listed = injector.metrics().inDoubt;
    expect(listed.map(({ callId }) => callId)).toContain('call-1');
    const block = listed.find(({ callId }) => callId === 'call-1');
    expect(block).toEqual({
      callId: 'call-1',
      contactId: null,
      injectionId: first,
      since: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
      until: expect.any(String),
    });
    expect(Date.parse(block.until) - Date.parse(block.since)).toBe(300_000);
    await until(() => injector.metrics().inDoubt.length === 1, 'the end of the short one');
    await press('3', { callId: 'call-2' });
    expect(injector.metricsText()).toContain('cxone_dtmf_in_doubt 1');
    const elsewhere = bench.injector(await bench.platform());
    expect(elsewhere.metrics().inDoubt).toEqual([]);
    expect(await elsewhere.resolve('call-1', 'pressed')).toBe(false);
  });
});

describe('of an earlier process', () => {
  let folder;
  beforeEach(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'cxone-dtmf-doubt-'));
  });
  afterEach(() => {
    fs.rmSync(folder, { recursive: true });
  });

  const KEY = 'a-key-of-sixteen-bytes';
  const logged = (config) =>
    bench.injector(platform, { auditLog: { directory: folder, key: KEY }, ...config });
  const records = () => {
    const texts = fs.readdirSync(folder).map((name) => fs.readFileSync(path.join(folder, name), 'utf8'));
    return texts.flatMap((text) => text.trimEnd().split('\n')).map((line) => JSON.parse(line));
  };

  /** A process that is killed while its digits are on the way. */
  async function killed(callId) {
    platform.answer({ hold: true });
    const before = platform.injections(callId).length;
    await runProgram(
      `
      const { CXoneAuthClient, DtmfInjector } = require('cxone-dtmf');
      const { profile } = require(process.env.PROFILES);
      const credentials = JSON.parse(process.env.CREDENTIALS);
      const auth = new CXoneAuthClient({ ...credentials, logger: false });
      const auditLog = { directory: process.env.FOLDER, key: ${JSON.stringify(KEY)} };
      const config = { apiUrl: credentials.authUrl, logger: false, auditLog, ...profile.config };
      new DtmfInjector(auth, config).injectDTMF(profile.params({ callId: process.env.CALL }));`,
      {
        env: { FOLDER: folder, CALL: callId, CREDENTIALS: JSON.stringify(platform.credentials) },
        during: async (child) => {
          await until(() => platform.injections(callId).length > before, 'the digits');
          // What is under way in a process that lives is not in doubt.
          const living = logged();
          expect((await living.inDoubt()).map((one) => one.callId)).not.toContain(callId);
          await living.close();
          child.kill('SIGKILL');
        },
      },
    );
    platform.release();
  }

  test('is listed, blocked where it is asked for, and resolved for good', async () => {
    await killed('call-1');
    await killed('call-2');
    const blocking = logged({ afterUnknown: 'block' });
    const listed = await blocking.inDoubt();
    expect(listed.map(({ callId }) => callId)).toEqual(['call-1', 'call-2']);
    expect(listed[0]).toEqual({
      injectionId: records().find(({ ev, call }) => ev === 'intent' && call === 'call-1').inj,
      callId: 'call-1',
      origin: new URL(platform.url).origin,
      timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
      attempt: 1,
      outcome: null,
    });
    expect(blocking.metrics().inDoubt).toEqual([]);
    expect(await blocking.blockInDoubt()).toEqual(listed);
    expect(await blocking.blockInDoubt()).toEqual(listed);
    expect(
      blocking
        .metrics()
        .inDoubt.map(({ injectionId }) => injectionId)
        .sort(),
    ).toEqual(listed.map(({ injectionId }) => injectionId).sort());
    expect(await failure(press('3', {}, injector))).toMatchObject({ code: 'ERR_DTMF_AFTER_UNKNOWN' });
    expect(await blocking.resolve('call-1', 'pressed')).toBe(true);
    await press('3', {}, blocking);
    expect(await blocking.resolve(listed[1].injectionId, 'not-pressed')).toBe(true);
    expect(await blocking.inDoubt()).toEqual([]);
    await blocking.close();
    const resolved = records().filter(({ ev }) => ev === 'resolved');
    expect(resolved.map(({ inj, call, found }) => [inj, call, found])).toEqual([
      [listed[0].injectionId, 'call-1', 'pressed'],
      [listed[1].injectionId, 'call-2', 'not-pressed'],
    ]);
    await injector.resolve('call-2', 'not-pressed');
  });

  test('is resolved by the id of an injection too, which takes its block away', async () => {
    await killed('call-1');
    await killed('call-2');
    const blocking = logged({ afterUnknown: 'block' });
    const [first, second] = await blocking.blockInDoubt();
    expect(await blocking.resolve(first.injectionId.toUpperCase(), 'not-pressed')).toBe(true);
    expect(await blocking.resolve(first.injectionId, 'not-pressed')).toBe(false);
    await press('3', {}, blocking);
    const error = await failure(press('3', { callId: 'call-2' }, blocking));
    expect(error).toMatchObject({ code: 'ERR_DTMF_AFTER_UNKNOWN' });
    await blocking.resolve(second.injectionId, 'not-pressed');
    await press('3', { callId: 'call-2' }, blocking);
    await blocking.close();
  });

  test('a call of another platform is another call', async () => {
    await killed('call-1');
    const elsewhere = bench.injector(await bench.platform(), { auditLog: { directory: folder, key: KEY } });
    const [{ injectionId }] = await elsewhere.inDoubt();
    expect(await elsewhere.resolve('call-1', 'pressed')).toBe(false);
    expect(await elsewhere.inDoubt()).toHaveLength(1);
    // Its own id says which is meant.
    expect(await elsewhere.resolve(injectionId, 'pressed')).toBe(true);
    expect(await elsewhere.inDoubt()).toEqual([]);
    await elsewhere.close();
  });

  test('what the log could not take is written by the next try', async () => {
    const losing = logged();
    const id = await lose('12', {}, losing);
    const away = `${folder}-away`;
    fs.renameSync(folder, away);
    for (const name of fs.readdirSync(away)) fs.rmSync(path.join(away, name));
    const error = await failure(losing.resolve('call-1', 'pressed'));
    expect(error).toMatchObject({ code: 'ERR_DTMF_AUDIT' });
    expect(error.message).toMatch(
      /^it is resolved, but the audit log cannot take that: .* Call resolve again/,
    );
    fs.renameSync(away, folder);
    expect(await losing.inDoubt()).toEqual([]);
    let written = false;
    while (!written) written = (await settle(losing.resolve('call-1', 'not-pressed'))).ok;
    expect(await losing.resolve('call-1', 'not-pressed')).toBe(false);
    await losing.close();
    const found = records().filter(({ ev }) => ev === 'resolved');
    expect(found.map(({ inj, call, found }) => [inj, call, found])).toEqual([[id, 'call-1', 'not-pressed']]);
  });

  test('a log that is closed takes nothing more, and says so', async () => {
    const closing = logged({ afterUnknown: 'block' });
    await lose('12', {}, closing);
    await closing.close();
    const error = await failure(closing.resolve('call-1', 'not-pressed'));
    expect(error).toMatchObject({ code: 'ERR_DTMF_AUDIT' });
    await press('12');
    const next = logged();
    expect(await next.inDoubt()).toHaveLength(1);
    expect(await next.resolve('call-1', 'not-pressed')).toBe(true);
    expect(await next.inDoubt()).toEqual([]);
    await next.close();
  });

  test('an outcome that is unknown is listed too, until it is resolved', async () => {
    const first = logged();
    const id = await lose('12', {}, first);
    expect(await first.inDoubt()).toMatchObject([{ injectionId: id, callId: 'call-1', outcome: 'unknown' }]);
    await first.resolve('call-1', 'not-pressed');
    expect(await first.inDoubt()).toEqual([]);
    await first.close();
  });

  test.each([
    [
      'altered',
      /^what was found .* is blocked, but other calls may be in doubt too: places that were altered or are missing: 1 /,
      KEY,
    ],
    ['sealed with another key', /too: files that cannot be read or have another key: 1 /, `${KEY}2`],
  ])('what is %s is not passed over where calls are to be blocked', async (how, words, key) => {
    await killed('call-1');
    const [name] = fs.readdirSync(folder);
    await killed('call-2');
    if (how === 'altered') {
      const text = fs.readFileSync(path.join(folder, name), 'utf8');
      fs.writeFileSync(path.join(folder, name), text.replace('"att":1', '"att":2'));
    } else {
      fs.rmSync(
        path.join(
          folder,
          fs.readdirSync(folder).find((other) => other !== name),
        ),
      );
    }
    const blocking = logged({ afterUnknown: 'block', auditLog: { directory: folder, key } });
    const error = await failure(blocking.blockInDoubt());
    expect(error).toMatchObject({ code: 'ERR_DTMF_AUDIT', delivery: 'not-sent' });
    expect(error.message).toMatch(words);
    // What was found is blocked all the same.
    const found = how === 'altered' ? ['call-2'] : [];
    expect(blocking.metrics().inDoubt.map(({ callId }) => callId)).toEqual(found);
    // The advice helps.
    fs.rmSync(path.join(folder, name));
    expect((await blocking.blockInDoubt()).map(({ callId }) => callId)).toEqual(found);
    await blocking.resolve('call-2', 'not-pressed');
    await blocking.close();
  });

  test('cannot be blocked without being asked for, nor listed where there is no log', async () => {
    const why = async (promise) => (await failure(promise)).message;
    expect(await why(logged().blockInDoubt())).toMatch(/^blockInDoubt needs afterUnknown: 'block'/);
    expect(await why(injector.blockInDoubt())).toMatch(/^there is no auditLog/);
    const gone = path.join(folder, 'gone');
    expect(await why(bench.injector(platform, { auditLog: { directory: gone } }).inDoubt())).toMatch(
      /^the folder of the audit log cannot be read/,
    );
  });
});

test.each([
  ['id', [undefined, 'pressed']],
  ['id', [7, 'pressed']],
  ['id', ['a/b', 'pressed']],
  ['outcome', ['call-1']],
  ['outcome', ['call-1', 'perhaps']],
])('resolve names %s when it is wrong', async (field, args) => {
  const error = await failure(injector.resolve(...args));
  expect(error).toMatchObject({ code: 'ERR_DTMF_INVALID', delivery: 'not-sent' });
  expect(error.message).toMatch(new RegExp(`^${field} must be`));
});
