'use strict';

const { CXoneAuthClient } = require('..');
const { newBench, params, settle, failure, until } = require('./support/bench');
const { profile } = require('./support/profiles');

const bench = newBench();
let platform;
let injector;

beforeEach(async () => {
  platform = await bench.platform();
  injector = bench.injector(platform);
});

test('waits for what is in flight, and rejects what waits at once', async () => {
  platform.answer({ hold: true }, { status: 429, headers: { 'retry-after': '20' } });
  const inFlight = settle(injector.injectDTMF(params()));
  await until(() => platform.injections().length === 1);
  let retrying = false;
  injector.registerCTIMonitor((event) => {
    retrying ||= event.event === 'dtmf.retrying';
  });
  const backingOff = settle(injector.injectDTMF(params({ callId: 'call-2' }), { maxAttempts: 3 }));
  await until(() => retrying);
  const queued = settle(injector.injectDTMF(params()));
  const lock = settle(injector.acquireChannelLock('call-1'));

  let closed = false;
  const closing = injector.close().then(() => (closed = true));

  expect((await queued).error).toMatchObject({ code: 'ERR_DTMF_CLOSED', delivery: 'not-sent', attempts: 0 });
  expect((await lock).error).toMatchObject({ code: 'ERR_DTMF_CLOSED' });
  expect((await backingOff).error).toMatchObject({
    code: 'ERR_DTMF_CLOSED',
    delivery: 'refused',
    attempts: 1,
  });
  expect(closed).toBe(false);
  platform.release();
  expect((await inFlight).ok).toBe(true);
  await closing;
  expect(platform.injections()).toHaveLength(2);
});

test('what is in flight longer than timeoutMs ends unknown', async () => {
  platform.answer({ hold: true });
  const inFlight = settle(injector.injectDTMF(params()));
  await until(() => platform.injections()[0]?.readAt !== undefined);
  await injector.close({ timeoutMs: 200 });
  expect((await inFlight).error).toMatchObject({
    code: 'ERR_DTMF_OUTCOME_UNKNOWN',
    delivery: 'unknown',
    safeToResend: false,
    attempts: 1,
  });
});

test('its timeoutMs defaults to that of an attempt', async () => {
  const hasty = bench.injector(platform, { timeoutMs: 1000 });
  await hasty.injectDTMF(params());
  platform.answer({ hold: true });
  const inFlight = settle(hasty.injectDTMF(params()));
  await until(() => platform.injections().length === 2);
  // It would not come back before the test has run out of time otherwise.
  await hasty.close();
  expect((await inFlight).error.code).toBe('ERR_DTMF_OUTCOME_UNKNOWN');
});

test('is idempotent', async () => {
  await Promise.all([injector.close(), injector.close()]);
  await injector.close();
});

test('a second close waits as long as the first', async () => {
  platform.answer({ hold: true });
  const order = [];
  const inFlight = injector.injectDTMF(params()).then(() => order.push('injected'));
  await until(() => platform.injections().length === 1);
  const closing = [injector.close(), injector.close()].map((one) => one.then(() => order.push('closed')));
  platform.release();
  await Promise.all([...closing, inFlight]);
  expect(order).toEqual(['injected', 'closed', 'closed']);
});

test('after it everything is refused with one event each', async () => {
  const events = [];
  injector.registerCTIMonitor((event) => void events.push(event));
  await injector.close();
  expect(await failure(injector.injectDTMF(params()))).toMatchObject({
    code: 'ERR_DTMF_CLOSED',
    delivery: 'not-sent',
  });
  expect(await failure(injector.acquireChannelLock('call-1'))).toMatchObject({ code: 'ERR_DTMF_CLOSED' });
  const fn = jest.fn();
  expect(await failure(injector.withChannelLock('call-1', fn))).toMatchObject({ code: 'ERR_DTMF_CLOSED' });
  expect(fn).not.toHaveBeenCalled();
  expect(events).toEqual([expect.objectContaining({ event: 'dtmf.failed' })]);
  expect(events[0].auditEntry.code).toBe('ERR_DTMF_CLOSED');
  expect(platform.requests).toHaveLength(0);
});

test('after it an entry tells what is valid and of which call', async () => {
  const events = [];
  injector.registerCTIMonitor((event) => void events.push(event));
  await injector.close();
  const valid = await failure(injector.injectDTMF(params()));
  expect(valid.audit).toMatchObject({
    callId: 'call-1',
    dtmfString: '*****',
    ...profile.entry,
    validation: { valid: true, carrierCompatible: true },
    status: 'error',
    delivery: 'not-sent',
    code: 'ERR_DTMF_CLOSED',
  });
  const wrong = await failure(injector.injectDTMF(params({ dtmfString: 'x' })));
  expect(wrong.audit).toMatchObject({ validation: { valid: false } });
  expect(events.map(({ callId }) => callId)).toEqual(['call-1', 'call-1']);
});

test('after it no lock is held', async () => {
  const lock = await injector.acquireChannelLock('call-1');
  await injector.close();
  await injector.releaseChannelLock();
  // Its own first release is no mistake of the program.
  await lock.release();
});

test('metrics stay readable', async () => {
  await injector.injectDTMF(params());
  await injector.close();
  expect(injector.metrics()).toMatchObject({
    injections: { accepted: 1 },
    waiting: 0,
    inFlight: 0,
    locks: 0,
  });
});

test('releases its manual locks', async () => {
  await injector.acquireChannelLock('call-1');
  const other = bench.injector(platform).injectDTMF(params());
  await injector.close();
  await expect(other).resolves.toMatchObject({ success: true });
});

test('leaves other injectors and the auth client alone', async () => {
  const auth = new CXoneAuthClient({ ...platform.credentials, logger: false });
  const [first, second] = [bench.injectorWith(auth, platform), bench.injectorWith(auth, platform)];
  await first.injectDTMF(params());
  await first.close();
  await second.injectDTMF(params());
  expect(await auth.getAccessToken()).toBe('token-canary-1');
});

test('names an option that breaks a rule, and closes nothing then', async () => {
  for (const options of [{ timeoutMs: -1 }, { timeoutMs: NaN }, { timeoutMs: 1.5 }, { timeout: 5 }]) {
    expect(await failure(injector.close(options))).toMatchObject({ code: 'ERR_DTMF_INVALID' });
  }
  await injector.injectDTMF(params());
});
