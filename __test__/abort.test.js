'use strict';

const { getEventListeners } = require('node:events');

const { CXoneAuthClient } = require('..');
const { newBench, params, settle, failure, until } = require('./support/bench');
const { profile } = require('./support/profiles');

const bench = newBench();
let platform;
let injector;
let controller;

/** Waits that end after the test has run out of time: nothing but the abort can end them before. */
const PATIENT = { timeoutMs: 600_000, deadlineMs: 1_200_000, lockTimeoutMs: 600_000 };

beforeEach(async () => {
  platform = await bench.platform();
  injector = bench.injector(platform, PATIENT);
  controller = new AbortController();
});

/** Aborts, and expects the error of the promise. */
async function abortAndCatch(promise, reason = new Error('of the program')) {
  const caught = failure(promise);
  controller.abort(reason);
  const error = await caught;
  expect(error).toMatchObject({ name: 'AbortError', code: 'ABORT_ERR' });
  expect(error.cause).toBe(reason);
  expect(error).toBeInstanceOf(Error);
  return error;
}

const press = (overrides, options) =>
  injector.injectDTMF(params(overrides), { signal: controller.signal, ...options });

test('a signal that fired before sends nothing', async () => {
  const reason = { why: 'not an error' };
  const error = await failure(injector.injectDTMF(params(), { signal: AbortSignal.abort(reason) }));
  expect(error).toMatchObject({
    name: 'AbortError',
    code: 'ABORT_ERR',
    delivery: 'not-sent',
    safeToResend: true,
  });
  expect(error.cause).toBe(reason);
  expect(platform.requests).toHaveLength(0);
});

test('a signal that fired before lets nothing slip through, however often', async () => {
  await injector.injectDTMF(params());
  const signal = AbortSignal.abort();
  const calls = Array.from({ length: 500 }, (_, n) =>
    failure(injector.injectDTMF(params({ callId: `call-${n}` }), { signal })),
  );
  const locks = Array.from({ length: 50 }, (_, n) =>
    failure(injector.acquireChannelLock(`lock-${n}`, { signal })),
  );
  const codes = (await Promise.all([...calls, ...locks])).map(({ code }) => code);
  expect(new Set(codes)).toEqual(new Set(['ABORT_ERR']));
  expect(platform.injections()).toHaveLength(1);
  expect(injector.metrics().locks).toBe(0);
});

test('in the line: it leaves, and the line goes on without it', async () => {
  platform.answer({ hold: true });
  const first = settle(injector.injectDTMF(params({ dtmfString: '1111' })));
  await until(() => platform.injections().length === 1);
  const queued = press({ dtmfString: '2222' });
  const third = settle(injector.injectDTMF(params({ dtmfString: '3333' })));

  expect(await abortAndCatch(queued)).toMatchObject({ delivery: 'not-sent', attempts: 0 });

  platform.release();
  expect((await first).ok).toBe(true);
  expect((await third).ok).toBe(true);
  expect(platform.injections().map((r) => profile.digitsOf(r.body))).toEqual(['1111', '3333']);
});

test('while it waits for its turn in flight', async () => {
  const narrow = bench.injector(platform, { ...PATIENT, maxInFlight: 1 });
  platform.answer({ hold: true });
  const first = settle(narrow.injectDTMF(params()));
  await until(() => platform.injections().length === 1);
  const second = narrow.injectDTMF(params({ callId: 'call-2' }), { signal: controller.signal });
  expect(await abortAndCatch(second)).toMatchObject({ delivery: 'not-sent', attempts: 0 });
  platform.release();
  expect((await first).ok).toBe(true);
  expect(platform.injections('call-2')).toHaveLength(0);
});

test('while it waits for a token', async () => {
  platform.answerToken({ hold: true });
  injector = bench.injector(platform, PATIENT, { timeoutMs: 600_000 });
  const waiting = press();
  await until(() => platform.tokenRequests().length === 1);
  expect(await abortAndCatch(waiting)).toMatchObject({ delivery: 'not-sent', attempts: 0 });
  expect(platform.injections()).toHaveLength(0);
});

test('while it backs off: refused, since that is known', async () => {
  platform.answer({ status: 429, headers: { 'retry-after': '600' } });
  let retrying = false;
  injector.registerCTIMonitor((event) => {
    retrying ||= event.event === 'dtmf.retrying';
  });
  const waiting = press({}, { maxAttempts: 2 });
  // A refusal that was not seen yet would be an unknown outcome: the event says that it was.
  await until(() => retrying);
  expect(await abortAndCatch(waiting)).toMatchObject({
    delivery: 'refused',
    safeToResend: true,
    attempts: 1,
  });
  expect(platform.injections()).toHaveLength(1);
});

test('in flight: unknown, and the server sees the connection end', async () => {
  platform.answer({ hold: true });
  const events = [];
  injector.registerCTIMonitor((event) => void events.push(event));
  const sent = press();
  await until(() => platform.injections()[0]?.readAt !== undefined);

  const error = await abortAndCatch(sent);

  expect(error).toMatchObject({ delivery: 'unknown', safeToResend: false, attempts: 1 });
  expect(error.audit).toMatchObject({ status: 'error', delivery: 'unknown', code: 'ABORT_ERR' });
  expect(events).toEqual([{ event: 'dtmf.failed', callId: 'call-1', auditEntry: error.audit }]);
  await until(() => platform.injections()[0].closedEarly, 'the end of the connection');
});

test('after the outcome it changes nothing', async () => {
  const result = await press();
  controller.abort();
  expect(result.success).toBe(true);
  expect(injector.metrics().injections).toEqual({ accepted: 1, refused: 0, notSent: 0, unknown: 0 });
});

test('in the wait for a lock', async () => {
  await injector.acquireChannelLock('call-1');
  const waiting = injector.acquireChannelLock('call-1', { signal: controller.signal });
  expect(await abortAndCatch(waiting)).toMatchObject({ delivery: 'not-sent' });
  expect(injector.metrics()).toMatchObject({ locks: 1, waiting: 0 });
});

test('of getAccessToken: only who aborts leaves', async () => {
  const auth = new CXoneAuthClient({ ...platform.credentials, logger: false, timeoutMs: 600_000 });
  platform.answerToken({ hold: true });
  const other = auth.getAccessToken();
  const waiting = auth.getAccessToken({ signal: controller.signal });
  await until(() => platform.tokenRequests().length === 1);
  await abortAndCatch(waiting);
  platform.release();
  expect(await other).toBe('token-canary-1');
  expect(platform.tokenRequests()).toHaveLength(1);
});

test.each([
  ['a text', 'enough'],
  ['undefined gives the standard reason', undefined],
])('the cause is the reason: %s', async (_, reason) => {
  await injector.acquireChannelLock('call-1');
  const caught = failure(press());
  controller.abort(reason);
  expect((await caught).cause).toBe(controller.signal.reason);
});

test('AbortSignal.timeout and AbortSignal.any work', async () => {
  await injector.acquireChannelLock('call-1');
  const timed = await failure(injector.injectDTMF(params(), { signal: AbortSignal.timeout(30) }));
  expect(timed).toMatchObject({ code: 'ABORT_ERR', cause: { name: 'TimeoutError' } });

  const any = AbortSignal.any([controller.signal, new AbortController().signal]);
  const caught = failure(injector.injectDTMF(params(), { signal: any }));
  controller.abort('one of them');
  expect(await caught).toMatchObject({ code: 'ABORT_ERR', cause: 'one of them' });
});

describe('the signal of the program', () => {
  test('has one listener while 1,000 calls use it, and none after', async () => {
    const { signal } = controller;
    const calls = Array.from({ length: 1000 }, (_, n) => press({ callId: `call-${n}` }));
    expect(getEventListeners(signal, 'abort').length).toBeLessThanOrEqual(1);
    await Promise.all(calls);
    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
  });

  test('has no listener left after failures either', async () => {
    const { signal } = controller;
    await failure(press({ dtmfString: 'x' }));
    platform.answer({ status: 404 });
    await failure(press());
    const lock = await injector.acquireChannelLock('call-1', { signal });
    await failure(press({}, { lockTimeoutMs: 20 }));
    await lock.release();
    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
    const caught = [failure(press({ callId: 'call-2' })), failure(press({ callId: 'call-3' }))];
    controller.abort();
    await Promise.all(caught);
    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
  });

  test('keeps its own onabort', async () => {
    const onabort = jest.fn();
    controller.signal.onabort = onabort;
    await press();
    expect(controller.signal.onabort).toBe(onabort);
    controller.abort();
    expect(onabort).toHaveBeenCalledTimes(1);
  });

  test('ends all its calls at once', async () => {
    await injector.acquireChannelLock('call-1');
    const caught = Array.from({ length: 20 }, () => failure(press()));
    controller.abort();
    for (const error of await Promise.all(caught)) expect(error.code).toBe('ABORT_ERR');
    expect(injector.metrics().waiting).toBe(0);
  });
});
