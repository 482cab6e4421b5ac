'use strict';

// Objects of the program that throw where nobody expects it: no promise may hang, and the process must live.

const { CXoneAuthClient, injectWithRetry } = require('..');
const { newBench, params, settle, failure, printed, until } = require('./support/bench');
const { runProgram } = require('./support/program');

const bench = newBench();
const CANARY = 'canary-of-the-program';
let platform;
let injector;
let events;

beforeEach(async () => {
  platform = await bench.platform();
  injector = bench.injector(platform);
  events = [];
  injector.registerCTIMonitor((event) => void events.push(event));
});

function boom() {
  throw new Error(CANARY);
}

/** Throws at every touch, at that of `instanceof` too. */
const untouchable = () => new Proxy({}, { get: boom, getPrototypeOf: boom, has: boom, ownKeys: boom });

const signalWith = (methods) => ({
  aborted: false,
  addEventListener() {},
  removeEventListener() {},
  ...methods,
});
const throwing = (name) => ({
  get [name]() {
    return boom();
  },
});

/** The rules of a failure that the program itself brought about before anything was sent. */
function expectInvalid(error) {
  expect(error).toMatchObject({ code: 'ERR_DTMF_INVALID', delivery: 'not-sent' });
  expect(printed(error)).not.toContain(CANARY);
}

const BAD_SIGNALS = [
  ['without removeEventListener', () => signalWith({ removeEventListener: undefined })],
  ['without aborted', () => signalWith({ aborted: undefined })],
  ['whose addEventListener throws', () => signalWith({ addEventListener: boom })],
  ['whose aborted throws', () => Object.defineProperty(signalWith({}), 'aborted', { get: boom })],
];

test('params may be of a class whose getters give them', async () => {
  const plain = params();
  class Params {}
  for (const name of Object.keys(plain))
    Object.defineProperty(Params.prototype, name, { get: () => plain[name] });
  await expect(injector.injectDTMF(new Params())).resolves.toMatchObject({ success: true });
});

describe.each(BAD_SIGNALS)('a signal %s', (_, make) => {
  test('is invalid for an injection: nothing pressed, one event, the others unharmed', async () => {
    const signal = make();
    const others = Array.from({ length: 5 }, (_, n) =>
      settle(injector.injectDTMF(params({ callId: `other-${n}` }))),
    );
    // Twice: what the first left behind must not let the second through.
    for (let n = 0; n < 2; n += 1) expectInvalid(await failure(injector.injectDTMF(params(), { signal })));
    for (const outcome of await Promise.all(others)) expect(outcome.ok).toBe(true);
    expect(platform.injections('call-1')).toHaveLength(0);
    expect(events.filter(({ event }) => event === 'dtmf.failed')).toHaveLength(2);
    // Neither left a place in the line of the call.
    await injector.injectDTMF(params());
    expect(injector.metrics()).toMatchObject({ waiting: 0, inFlight: 0 });
  });

  test('is invalid for a lock, which nobody holds then', async () => {
    const signal = make();
    for (let n = 0; n < 2; n += 1) {
      expectInvalid(await failure(injector.acquireChannelLock('call-1', { signal })));
    }
    await injector.injectDTMF(params(), { lockTimeoutMs: 5000 });
    expect(injector.metrics().locks).toBe(0);
  });

  test('is invalid for a token', async () => {
    const auth = new CXoneAuthClient({ ...platform.credentials, logger: false });
    const signal = make();
    for (let n = 0; n < 2; n += 1) expectInvalid(await failure(auth.getAccessToken({ signal })));
    expect(await auth.getAccessToken()).toMatch(/^token-canary-/);
  });
});

test('a signal that was refused for an injection is refused for a lock and a token too', async () => {
  const auth = new CXoneAuthClient({ ...platform.credentials, logger: false });
  const signal = signalWith({ addEventListener: boom });
  expectInvalid(await failure(injector.injectDTMF(params(), { signal })));
  expectInvalid(await failure(injector.acquireChannelLock('call-1', { signal })));
  expectInvalid(await failure(auth.getAccessToken({ signal })));
});

describe('getters that throw', () => {
  test.each(['signal', 'lock', 'deadlineMs'])('options.%s of an injection', async (name) => {
    expectInvalid(await failure(injector.injectDTMF(params(), throwing(name))));
    expect(events.map(({ event }) => event)).toEqual(['dtmf.failed']);
    expect(platform.requests).toHaveLength(0);
  });

  test.each(['signal', 'lock', 'deadlineMs'])('options.%s of injectWithRetry', async (name) => {
    expectInvalid(await failure(injectWithRetry(injector, params(), 3, throwing(name))));
    expect(events.map(({ event }) => event)).toEqual(['dtmf.failed']);
    expect(platform.requests).toHaveLength(0);
  });

  test.each(Object.keys(params()))('params.%s', async (name) => {
    const bad = Object.defineProperty(params(), name, { get: boom });
    expectInvalid(await failure(injector.injectDTMF(bad)));
    expect(events.map(({ event }) => event)).toEqual(['dtmf.failed']);
  });

  test.each(['signal', 'timeoutMs'])('options.%s of acquireChannelLock', async (name) => {
    expectInvalid(await failure(injector.acquireChannelLock('call-1', throwing(name))));
    expectInvalid(await failure(injector.withChannelLock('call-1', () => {}, throwing(name))));
    await injector.injectDTMF(params());
  });

  test('options.timeoutMs of close, which closes nothing then', async () => {
    expectInvalid(await failure(injector.close(throwing('timeoutMs'))));
    await injector.injectDTMF(params());
  });

  test('options.signal of getAccessToken', async () => {
    const auth = new CXoneAuthClient({ ...platform.credentials, logger: false });
    expectInvalid(await failure(auth.getAccessToken(throwing('signal'))));
  });

  test('what they throw may throw itself', async () => {
    const thrower = untouchable();
    const options = (name) => ({
      get [name]() {
        throw thrower;
      },
    });
    expectInvalid(await failure(injector.injectDTMF(params(), options('signal'))));
    expectInvalid(await failure(injectWithRetry(injector, params(), 3, options('signal'))));
    expectInvalid(await failure(injector.acquireChannelLock('call-1', options('signal'))));
    expectInvalid(await failure(injector.close(options('timeoutMs'))));
    expect(events.map(({ event }) => event)).toEqual(['dtmf.failed', 'dtmf.failed']);
    await injector.injectDTMF(params());
  });
});

describe('options that are a Proxy', () => {
  test('which throws at every touch', async () => {
    const options = new Proxy({}, { get: boom, ownKeys: boom, has: boom, getOwnPropertyDescriptor: boom });
    expectInvalid(await failure(injector.injectDTMF(params(), options)));
    expectInvalid(await failure(injectWithRetry(injector, params(), 3, options)));
    expectInvalid(await failure(injector.acquireChannelLock('call-1', options)));
    expectInvalid(await failure(injector.close(options)));
    expect(events.map(({ event }) => event)).toEqual(['dtmf.failed', 'dtmf.failed']);
  });
});

// Programs of their own: what these do is an uncaught exception where it goes wrong.
const HEAD = `
const { CXoneAuthClient, DtmfInjector } = require('cxone-dtmf');
const { startPlatform } = require(process.env.PLATFORM);
const { profile } = require(process.env.PROFILES);
const { setTimeout: delay } = require('node:timers/promises');
const say = (text) => process.stderr.write(text + '\\n');
const params = (callId) => profile.params({ callId, dtmfString: '1234' });
const told = (promise) => promise.then(() => 'ok', (error) => error.code);
process.on('warning', () => {});
(async () => {
  const platform = await startPlatform();
  const auth = new CXoneAuthClient({ ...platform.credentials, logger: false });
`;

async function run(body) {
  const ended = await runProgram(`${HEAD} ${body} await platform.stop(); })();`, {
    env: { NODE_NO_WARNINGS: '1' },
  });
  expect(ended).toMatchObject({ code: 0, signal: null });
  return ended.stderr.trim().split('\n');
}

test('standard output that throws harms neither injection nor process', async () => {
  const lines = await run(`
    const injector = new DtmfInjector(auth, { apiUrl: platform.url, ...profile.config });
    process.stdout.write = () => { throw new Error('gone'); };
    platform.answer({}, { status: 404 });
    const outcomes = await Promise.all(['a', 'b', 'c'].map((callId) => told(injector.injectDTMF(params(callId)))));
    say(outcomes.sort().join(' '));
  `);
  expect(lines).toEqual(['ERR_DTMF_REJECTED ok ok']);
});

test.each([
  ['an error', "new Error('gone')"],
  ['undefined', 'undefined'],
  ['an error without a constructor', "Object.assign(new Error('gone'), { constructor: undefined })"],
  [
    'what throws at every touch',
    "new Proxy({}, { get() { throw new Error('get'); }, getPrototypeOf() { throw new Error('proto'); } })",
  ],
])('a removeEventListener that throws %s harms neither injections nor process', async (_, thrown) => {
  const lines = await run(`
    const injector = new DtmfInjector(auth, { apiUrl: platform.url, logger: false, ...profile.config });
    const signal = () => ({ aborted: false, addEventListener() {}, removeEventListener() { throw ${thrown}; } });
    await injector.injectDTMF(params('warm'));
    // Refused at once and answered at once, so that they come back together.
    const all = [told(injector.injectDTMF(params('bad id'), { signal: signal() }))];
    for (const callId of ['a', 'b', 'c']) {
      all.push(told(injector.injectDTMF(params(callId), { signal: signal() })));
      all.push(told(injector.injectDTMF(params('x-' + callId))));
      all.push(told(injector.injectDTMF(params('bad id'))));
    }
    const end = Date.now() + 200;
    while (Date.now() < end);
    say((await Promise.all(all)).join(' '));
    const lock = await injector.acquireChannelLock('l', { signal: signal() });
    await lock.release();
    say(await told(auth.getAccessToken({ signal: signal() })));
  `);
  const bad = 'ERR_DTMF_INVALID';
  expect(lines).toEqual([[bad, ...Array(3).fill(`ok ok ${bad}`)].join(' '), 'ok']);
});

test('a signal whose reason throws aborts nevertheless', async () => {
  const listeners = [];
  const signal = signalWith({ addEventListener: (_, listener) => void listeners.push(listener) });
  Object.defineProperty(signal, 'reason', { get: boom });
  await injector.acquireChannelLock('call-1');
  const caught = [
    failure(injector.injectDTMF(params(), { signal })),
    failure(injector.acquireChannelLock('call-1', { signal })),
  ];
  signal.aborted = true;
  for (const listener of listeners) listener();
  for (const error of await Promise.all(caught)) {
    expect(error).toMatchObject({ code: 'ABORT_ERR', delivery: 'not-sent' });
  }
});

test('a logger that rejects or gives a hostile thenable harms nothing', async () => {
  const lines = await run(`
    const reject = async () => { throw new Error('log down'); };
    const hostile = () => ({ get then() { throw new Error('log down'); } });
    for (const write of [reject, hostile]) {
      const logger = { info: write, warn: write, error: write };
      const injector = new DtmfInjector(auth, { apiUrl: platform.url, logger, ...profile.config });
      platform.answer({}, { status: 404 });
      say(await told(injector.injectDTMF(params('a'))) + ' ' + await told(injector.injectDTMF(params('a'))));
      await delay(50);
    }
  `);
  expect(lines).toEqual(['ok ERR_DTMF_REJECTED', 'ok ERR_DTMF_REJECTED']);
});

test('a signal that was refused does not keep the process alive', async () => {
  const lines = await run(`
    const injector = new DtmfInjector(auth, { apiUrl: platform.url, logger: false, ...profile.config });
    const signal = { aborted: false, removeEventListener() {}, addEventListener() { throw new Error('no'); } };
    say(await told(injector.injectDTMF(params('a'), { signal })));
    say(await told(injector.acquireChannelLock('a', { signal })));
    say(await told(auth.getAccessToken({ signal })));
  `);
  expect(lines).toEqual(Array(3).fill('ERR_DTMF_INVALID'));
});

describe('what one receiver does to its data', () => {
  test('a logger that edits its fields changes nothing for others', async () => {
    const edit = (_, fields) => {
      Object.assign(fields, { status: 'success', delivery: 'accepted', callId: 'other' });
      delete fields.dtmfString;
      if (fields.validation) fields.validation.valid = 'edited';
    };
    const logger = { info: edit, warn: edit, error: edit };
    const edited = bench.injector(platform, { logger });
    const seen = [];
    edited.registerCTIMonitor((event) => void seen.push(event));
    platform.answer({ status: 400 });
    const error = await failure(edited.injectDTMF(params()));
    expect(error.delivery).toBe('refused');
    const right = { status: 'failed', delivery: 'refused', callId: 'call-1', dtmfString: '*****' };
    expect(error.audit).toMatchObject({ ...right, validation: { valid: true } });
    // A refusal is never told as an injection.
    expect(seen).toEqual([{ event: 'dtmf.failed', callId: 'call-1', auditEntry: error.audit }]);
    const { audit } = await edited.injectDTMF(params());
    expect(audit).toMatchObject({ status: 'success', dtmfString: '*****', validation: { valid: true } });
  });

  test('a monitor that edits its event is counted, and changes nothing for others', async () => {
    const edited = bench.injector(platform);
    const seen = [];
    edited.registerCTIMonitor((event) => {
      event.auditEntry.delivery = 'accepted';
    });
    edited.registerCTIMonitor((event) => {
      event.event = 'dtmf.injected';
    });
    edited.registerCTIMonitor((event) => {
      event.auditEntry.validation.valid = false;
    });
    edited.registerCTIMonitor((event) => void seen.push(event));
    platform.answer({ status: 400 });
    const error = await failure(edited.injectDTMF(params()));
    expect(error.audit).toMatchObject({ delivery: 'refused', validation: { valid: true } });
    expect(seen).toEqual([{ event: 'dtmf.failed', callId: 'call-1', auditEntry: error.audit }]);
    await until(() => edited.metrics().monitorErrors === 3, 'the count of 3');
  });

  test('the entry of a result or an error is the caller’s own', async () => {
    const seen = [];
    injector.registerCTIMonitor((event) => void seen.push(event.auditEntry));
    const { audit } = await injector.injectDTMF(params());
    audit.delivery = 'edited';
    platform.answer({ status: 400 });
    const error = await failure(injector.injectDTMF(params()));
    error.audit.delivery = 'edited';
    expect(seen.map(({ delivery }) => delivery)).toEqual(['accepted', 'refused']);
  });
});

test('what stands on the prototype of all objects is not read', async () => {
  Object.defineProperty(Object.prototype, 'polluted', { get: boom, enumerable: true, configurable: true });
  try {
    expect((await settle(injector.injectDTMF(params()))).value?.audit.delivery).toBe('accepted');
  } finally {
    delete Object.prototype.polluted;
  }
});

const TEXTS = Object.entries(params())
  .filter(([, value]) => typeof value === 'string')
  .map(([field]) => field);

// What parts texts on their way to the engine must not move one to the place of another.
test.each(TEXTS)('%s with a NUL breaks its own rule', async (field) => {
  for (const value of ['\0', 'a\0b', 'call-2\0RFC2833\x001234']) {
    const error = await failure(injector.injectDTMF({ ...params(), [field]: value }));
    expect(error).toMatchObject({ code: 'ERR_DTMF_INVALID', delivery: 'not-sent' });
    expect(error.message).toMatch(
      new RegExp(field === 'dtmfString' ? 'DTMF' : field === 'dtmfType' ? 'DTMF type' : field),
    );
  }
  expect(platform.requests.filter(({ url }) => !url.includes('token'))).toEqual([]);
});
