'use strict';

// A program that makes every public call, in a realm whose prototypes and globals others have changed after the package
// was loaded. Whatever they did, it sees what it sees in a realm of its own.

const { newBench, params } = require('./support/bench');
const { profile } = require('./support/profiles');
const { runProgram } = require('./support/program');

const bench = newBench();

/** What each program begins with, and how it takes back what it did, so that it can print. */
const REALMS = {
  'polluted prototypes': `
    const NAMES = [
      'error', 'unmasking', 'get', 'set', 'value', 'writable', 'code', 'delivery', 'safeToResend', 'retryable',
      'message', 'response', 'bodyError', 'playoutMs', 'logged', 'fence', 'callId', 'cause', 'audit', 'attempts',
      'signal', 'lock', 'correlationId', 'traceparent', 'aborted', 'retrying', 'unmasked', 'retryAfterMs',
      'digitsAccepted', 'status', 'headers', 'data', 'reason', 'traceId', 'answer', 'logger', 'api', 'digits',
      'fleet', 'auditLog', 'settled', 'owner', 'key', 'contactId', 'maskRecording', 'frequencies', 'validation',
    ];
    for (const name of NAMES) Object.prototype[name] = 'polluted';
    for (const name of NAMES.slice(0, 9)) Array.prototype[name] = 'polluted';
    for (let n = 0; n < 24; n += 1) Array.prototype[n] = 'polluted';
    return () => {
      for (const name of NAMES) delete Object.prototype[name];
      for (const name of NAMES) delete Array.prototype[name];
      Array.prototype.length = 0;
      for (let n = 0; n < 24; n += 1) delete Array.prototype[n];
    };
  `,
  'replaced globals': `
    const no = () => { throw new Error('replaced'); };
    const undo = [];
    const replace = (object, names) => names.forEach((name) => {
      const was = object[name];
      undo.push(() => { object[name] = was; });
      object[name] = no;
    });
    replace(Map.prototype, ['get', 'set', 'delete', 'has']);
    replace(Set.prototype, ['add', 'delete', 'has']);
    replace(WeakMap.prototype, ['get', 'set', 'delete', 'has']);
    replace(WeakSet.prototype, ['add', 'has']);
    replace(WeakRef.prototype, ['deref']);
    replace(JSON, ['parse', 'stringify']);
    replace(Object, ['entries', 'fromEntries', 'keys', 'freeze', 'hasOwn']);
    replace(Array, ['isArray']);
    replace(globalThis, ['Promise', 'Map', 'Set', 'WeakMap', 'WeakRef', 'WeakSet', 'queueMicrotask', 'FinalizationRegistry']);
    return () => undo.forEach((step) => step());
  `,
};

const source = (realm) => `
const { setTimeout: delay } = require('node:timers/promises');
// Node.js loads them when they are first used, and does not stand such a realm then.
void [require('node:stream'), process.stdout, process.stderr];
const dtmf = require('cxone-dtmf');
const { profile } = require(process.env.PROFILES);
const credentials = JSON.parse(process.env.CREDENTIALS);
const params = profile.params;
const { stringify } = JSON;
const { log } = console;
const report = [];

// What differs from run to run.
const VOLATILE = ['timestamp', 'injectionId', 'latencyMs', 'queuedMs', 'attemptMs', 'headers', 'tokenAgeMs', 'retryBudget'];
const steady = (name, value) =>
  VOLATILE.includes(name) ? typeof value : value instanceof Error ? { ...value, message: value.message, cause: value.cause && 'cause' } : value;
const tell = async (name, call) => {
  try {
    report.push([name, 'gave', await call()]);
  } catch (error) {
    report.push([name, 'threw', error]);
  }
};

const pollute = () => { ${realm} };

async function main() {
  const undo = pollute();
  const auth = new dtmf.CXoneAuthClient({ ...credentials, logger: false });
  const lines = [];
  const line = (level) => (...words) => { lines.push([level, ...words]); };
  const logger = { info: line('info'), warn: line('warn'), error: line('error') };
  const config = { apiUrl: credentials.authUrl, logger, retry: { baseMs: 1, capMs: 2 }, ...profile.config };
  const injector = new dtmf.DtmfInjector(auth, config);
  const events = [];
  const unregister = injector.registerCTIMonitor((event) => { events.push(event); });
  await tell('inject', () => injector.injectDTMF(params({ callId: 'ok' })));
  await tell('refused', () => injector.injectDTMF(params({ callId: 'refused' })));
  await tell('retried', () => dtmf.injectWithRetry(injector, params({ callId: 'busy' }), 2));
  await tell('invalid', () => injector.injectDTMF(params({ callId: 'ok', dtmfString: 'x' })));
  await tell('no params', () => injector.injectDTMF(undefined));
  await tell('unknown option', () => injector.injectDTMF(params(), { deadlineMS: 1 }));
  await tell('options', () => injector.injectDTMF(params({ callId: 'ok' }), { correlationId: 'order-1', maxAttempts: 1, deadlineMs: 20_000 }));
  const stop = new AbortController();
  const aborted = tell('aborted', () => injector.injectDTMF(params({ callId: 'held' }), { signal: stop.signal }));
  while (injector.metrics().inFlight === 0) await delay(2);
  stop.abort(new Error('enough'));
  await aborted;
  await tell('lock', async () => {
    const lock = await injector.acquireChannelLock('locked', { timeoutMs: 5000 });
    await injector.injectDTMF(params({ callId: 'locked' }), { lock });
    await injector.releaseChannelLock(lock);
    await lock.release();
  });
  await tell('with lock', () => injector.withChannelLock('locked', async (lock) => lock.callId));
  await tell('release nothing', () => injector.releaseChannelLock());
  await tell('token', () => auth.getAccessToken().then((token) => typeof token));
  await tell('aborted token', () => auth.getAccessToken({ signal: AbortSignal.abort(new Error('enough')) }));
  await tell('forget the token', () => auth.invalidateToken());
  await tell('wrong credentials', () => new dtmf.CXoneAuthClient({ ...credentials, clientSecret: 'wrong', logger: false }).getAccessToken());
  await tell('validate', () => dtmf.validateDtmfPayload('12#', 'RFC2833', 100));
  await tell('validate wrong', () => dtmf.validateDtmfPayload('12x', 'RFC2833', 100));
  await tell('report', () => injector.reportRecognition('no-uuid', 4));
  await tell('wrong config', () => new dtmf.DtmfInjector(auth, { apiurl: 'http://127.0.0.1' }));
  await tell('wrong client', () => new dtmf.DtmfInjector({}, config));
  await tell('follow', () => typeof injector.followSession(''));
  await tell('is an error', () => [dtmf.isDtmfError({}), dtmf.isDtmfError(undefined)]);
  await tell('metrics', () => {
    const { injections, byCode, attempts, monitorErrors } = injector.metrics();
    return { injections, byCode, attempts, monitorErrors, text: typeof injector.metricsText() };
  });
  const own = new dtmf.DtmfInjector(
    { getAccessToken: async () => 'token-1', invalidateToken() {} },
    { ...config, digits: 'clear', logger: false },
  );
  own.registerCTIMonitor((event) => { events.push(event); });
  await tell('own tokens, digits shown', () => own.injectDTMF(params({ callId: 'ok', dtmfString: '12' })));
  unregister();
  await tell('close', () => injector.close({ timeoutMs: 5000 }));
  await tell('closed', () => injector.injectDTMF(params({ callId: 'ok' })));
  await own.close();
  undo();
  log(stringify({ report, events, lines }, steady));
}
main().catch((error) => { console.error(error); process.exitCode = 1; });
`;

/** What the program tells in that realm; it must end by itself. */
async function told(realm, env = {}) {
  const platform = await bench.platform();
  platform.usualInjection = ({ callId }) =>
    ({
      refused: { status: 404, body: { message: 'no such call' } },
      busy: { status: 503 },
      held: { hold: true },
    })[callId] ?? {};
  platform.usualToken = ({ authorization, body }) =>
    `${authorization}${body}`.includes('wrong') ? { status: 401, body: { error: 'invalid_client' } } : {};
  const credentials = JSON.stringify(platform.credentials);
  const ended = await runProgram(source(realm), { env: { CREDENTIALS: credentials, ...env } });
  expect({ ...ended, stdout: '' }).toEqual({
    code: 0,
    signal: null,
    stdout: '',
    stderr: expect.not.stringContaining('Error'),
  });
  return JSON.parse(ended.stdout.replaceAll(platform.url, 'http://platform'));
}

let plain;

test('in a realm of its own', async () => {
  plain = await told('return () => {};');
  const outcomes = plain.report.map(([name, ended]) => `${name} ${ended}`);
  expect(outcomes).toEqual([
    'inject gave',
    'refused threw',
    'retried threw',
    'invalid threw',
    'no params threw',
    'unknown option threw',
    'options gave',
    'aborted threw',
    'lock threw',
    'with lock gave',
    'release nothing gave',
    'token gave',
    'aborted token threw',
    'forget the token gave',
    'wrong credentials threw',
    'validate gave',
    'validate wrong threw',
    'report threw',
    'wrong config threw',
    'wrong client threw',
    'follow threw',
    'is an error gave',
    'metrics gave',
    'own tokens, digits shown gave',
    'close gave',
    'closed threw',
  ]);
  const errors = plain.report.filter(([, ended]) => ended === 'threw').map(([, , error]) => error.code);
  expect(errors).not.toContain(undefined);
  expect(plain.report[0][2].audit).toMatchObject({ callId: 'ok', ...profile.entry });
  expect(params().dtmfString).toBeDefined();
});

test.each(Object.keys(REALMS))('with %s', async (name) => {
  expect(await told(REALMS[name])).toEqual(plain);
});

test('with frozen intrinsics', async () => {
  const realm = 'return () => {};';
  const { report } = await told(realm, { NODE_OPTIONS: '--frozen-intrinsics' });
  expect(report).toEqual(plain.report);
});
