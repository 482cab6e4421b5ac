'use strict';

// Jest runs tests in a realm of its own, may load the package twice and may fake the timers.

const { newBench, params, failure } = require('./support/bench');
const { profile } = require('./support/profiles');

const bench = newBench();
let platform;

beforeEach(async () => {
  platform = await bench.platform();
});

afterEach(() => {
  jest.useRealTimers();
});

/** A new copy of the package, as after jest.resetModules(). */
function copy() {
  jest.resetModules();
  return require('..');
}

function injectorOf({ CXoneAuthClient, DtmfInjector }, config = {}) {
  const auth = new CXoneAuthClient({ ...platform.credentials, logger: false });
  return new DtmfInjector(auth, { apiUrl: platform.url, logger: false, ...profile.config, ...config });
}

test('everything is of the realm of the caller', async () => {
  const { DtmfError, validateDtmfPayload } = require('..');
  const injector = bench.injector(platform);
  const events = [];
  injector.registerCTIMonitor((event) => void events.push(event));
  platform.answer({ body: { list: [1] } }, { status: 404, body: { list: [1] } });

  const promise = injector.injectDTMF(params());
  expect(promise).toBeInstanceOf(Promise);
  const result = await promise;
  const error = await failure(injector.injectDTMF(params()));

  for (const value of [
    result,
    result.data,
    result.audit,
    ...events,
    error.audit,
    error.response,
    injector.metrics(),
  ]) {
    expect(value).toBeInstanceOf(Object);
  }
  expect(result.data.list).toBeInstanceOf(Array);
  expect(validateDtmfPayload('1', 'INBAND', 50).frequencies).toBeInstanceOf(Array);
  expect(error).toBeInstanceOf(Error);
  expect(error).toBeInstanceOf(DtmfError);
  await expect(injector.injectDTMF({})).rejects.toThrow(Error);
});

test('two copies keep one order for one call', async () => {
  platform.usualInjection = { delayMs: 5 };
  const injectors = [injectorOf(copy()), injectorOf(copy())];
  const sequences = Array.from({ length: 30 }, (_, n) => String(1000 + n));
  await Promise.all(sequences.map((dtmfString, n) => injectors[n % 2].injectDTMF(params({ dtmfString }))));
  expect(platform.injections().map((r) => profile.digitsOf(r.body))).toEqual(sequences);
  expect(platform.peakPerCall).toBe(1);
  for (const injector of injectors) await injector.close();
});

test('a lock of one copy holds back the other', async () => {
  const [first, second] = [injectorOf(copy()), injectorOf(copy())];
  const lock = await first.acquireChannelLock('call-1');
  const error = await failure(second.injectDTMF(params(), { lockTimeoutMs: 50 }));
  expect(error.code).toBe('ERR_DTMF_LOCK_TIMEOUT');
  await lock.release();
  await second.injectDTMF(params());
  for (const injector of [first, second]) await injector.close();
});

test('an auth client of one copy serves an injector of another', async () => {
  const { CXoneAuthClient } = copy();
  const auth = new CXoneAuthClient({ ...platform.credentials, logger: false });
  const { DtmfInjector } = copy();
  const injector = new DtmfInjector(auth, { apiUrl: platform.url, logger: false, ...profile.config });
  await injector.injectDTMF(params());
  expect(platform.tokenRequests()).toHaveLength(1);
  await injector.close();
});

test('errors of one copy are known to another', async () => {
  const first = copy();
  const second = copy();
  const injector = injectorOf(first);
  platform.answer({ status: 404 });
  const error = await failure(injector.injectDTMF(params()));
  expect(error).toBeInstanceOf(first.DtmfError);
  expect(second.isDtmfError(error)).toBe(true);
  await injector.close();
});

describe('with fake timers', () => {
  test('an injection works', async () => {
    const injector = bench.injector(platform);
    jest.useFakeTimers();
    const result = await injector.injectDTMF(params());
    expect(result.success).toBe(true);
    jest.useRealTimers();
  });

  test('a package that is loaded under them works', async () => {
    jest.useFakeTimers();
    const injector = injectorOf(copy());
    const result = await injector.injectDTMF(params());
    expect(result.success).toBe(true);
    jest.useRealTimers();
    await injector.close();
  });

  test('resends, locks, time-outs and close go by the real clock', async () => {
    const injector = bench.injector(platform);
    jest.useFakeTimers();
    platform.answer({ status: 429, headers: { 'retry-after': '1' } }, {});
    const result = await injector.injectDTMF(params(), { maxAttempts: 2 });
    expect(result.audit.attempts).toBe(2);

    const lock = await injector.acquireChannelLock('call-1');
    const error = await failure(injector.injectDTMF(params(), { lockTimeoutMs: 50 }));
    expect(error.code).toBe('ERR_DTMF_LOCK_TIMEOUT');
    await lock.release();
    await injector.close({ timeoutMs: 1000 });
    jest.useRealTimers();
  });

  test('time stamps do not need the real Date', async () => {
    const injector = bench.injector(platform);
    jest.useFakeTimers({ now: 0 });
    const { audit } = await injector.injectDTMF(params());
    jest.useRealTimers();
    expect(Number.isNaN(Date.parse(audit.timestamp))).toBe(false);
    expect(audit.latencyMs).toBeGreaterThanOrEqual(0);
    expect(audit.latencyMs).toBeLessThan(60_000);
  });
});
