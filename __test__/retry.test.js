'use strict';

const { injectWithRetry } = require('..');
const { newBench, params, QUICK_RETRY, failure } = require('./support/bench');

const bench = newBench();
let platform;
let injector;

beforeEach(async () => {
  platform = await bench.platform();
  injector = bench.injector(platform, { retry: QUICK_RETRY });
});

const gaps = () => {
  const requests = platform.injections();
  return requests.slice(1).map((request, n) => request.at - requests[n].answeredAt);
};

describe('what was refused is sent again', () => {
  test('after a Retry-After in seconds, which is never undercut', async () => {
    platform.answer({ status: 429, headers: { 'retry-after': '1' } }, {});
    const result = await injectWithRetry(injector, params());
    expect(result.audit).toMatchObject({ attempts: 2, delivery: 'accepted' });
    expect(gaps()[0]).toBeGreaterThanOrEqual(999);
  });

  test('after a Retry-After date, which is never undercut', async () => {
    const until = new Date(Math.ceil(Date.now() / 1000 + 1) * 1000);
    platform.answer({ status: 503, headers: { 'retry-after': until.toUTCString() } }, {});
    await injectWithRetry(injector, params());
    expect(platform.injections()).toHaveLength(2);
    expect(platform.injections()[1].wallAt).toBeGreaterThanOrEqual(until.getTime() - 5);
  });

  test('after a 429 that says nothing, no sooner than half a second', async () => {
    platform.answer({ status: 429 }, {});
    // Equal jitter of one second, whatever `retry` says of other failures.
    await injectWithRetry(bench.injector(platform, { retry: { baseMs: 1 } }), params());
    expect(gaps()[0]).toBeGreaterThanOrEqual(499);
  });

  test.each([500, 503])('%i, as the tutorial does', async (status) => {
    platform.answer({ status }, { status }, {});
    const result = await injectWithRetry(injector, params(), 3);
    expect(result.audit.attempts).toBe(3);
    expect(platform.executions()).toHaveLength(1);
    expect(injector.metrics()).toMatchObject({ attempts: 3, resends: 2 });
  });

  test('until the attempts are used up', async () => {
    platform.usualInjection = { status: 500, body: { message: 'try later' } };
    const error = await failure(injectWithRetry(injector, params(), 3));
    expect(error).toMatchObject({
      code: 'ERR_DTMF_SERVER',
      delivery: 'refused',
      attempts: 3,
      retryable: true,
    });
    expect(error.response).toMatchObject({ status: 500, data: { message: 'try later' } });
    expect(platform.injections()).toHaveLength(3);
  });

  test('the default of injectWithRetry is three attempts, that of injectDTMF one', async () => {
    platform.usualInjection = { status: 500 };
    expect((await failure(injectWithRetry(injector, params()))).attempts).toBe(3);
    expect((await failure(injector.injectDTMF(params()))).attempts).toBe(1);
    expect((await failure(injector.injectDTMF(params(), { maxAttempts: 2 }))).attempts).toBe(2);
    expect(platform.injections()).toHaveLength(6);
  });

  test('not when the budget is 0', async () => {
    const thrifty = bench.injector(platform, { retry: { ...QUICK_RETRY, budget: 0 } });
    platform.usualInjection = { status: 500 };
    expect(await failure(injectWithRetry(thrifty, params()))).toMatchObject({
      code: 'ERR_DTMF_SERVER',
      attempts: 1,
    });
  });

  test.each([401, 409, 421, 425, 429, 500, 503])('not a %i when the budget is 0', async (status) => {
    const thrifty = bench.injector(platform, { retry: { ...QUICK_RETRY, budget: 0 } });
    const seen = [];
    thrifty.registerCTIMonitor(({ event }) => void seen.push(event));
    platform.usualInjection = { status };
    const error = await failure(injectWithRetry(thrifty, params(), 5));
    expect(error).toMatchObject({ attempts: 1, response: { status } });
    expect(platform.injections()).toHaveLength(1);
    expect(seen).toEqual(['dtmf.failed']);
    expect(thrifty.metrics()).toMatchObject({ attempts: 1, resends: 0 });
  });

  test('not when Retry-After passes the deadline: the call fails at once', async () => {
    platform.usualInjection = { status: 429, headers: { 'retry-after': '3600' } };
    // A wait for that deadline would last longer than the test.
    const error = await failure(injectWithRetry(injector, params(), 3, { deadlineMs: 600_000 }));
    expect(error).toMatchObject({ code: 'ERR_DTMF_RATE_LIMITED', delivery: 'refused', attempts: 1 });
    expect(error.retryAfterMs).toBeGreaterThanOrEqual(3_600_000);
    expect(error.retryAfterMs).toBeLessThan(4_000_000);
  });
});

describe('a refused token', () => {
  test('is replaced once, which is no attempt of the caller', async () => {
    platform.answer({ status: 401 }, {});
    const result = await injector.injectDTMF(params());
    expect(result.success).toBe(true);
    expect(platform.tokenRequests()).toHaveLength(2);
    expect(platform.injections().map((r) => r.headers.authorization)).toEqual([
      'Bearer token-canary-1',
      'Bearer token-canary-2',
    ]);
  });

  test('is an error the second time', async () => {
    platform.usualInjection = { status: 401 };
    const error = await failure(injectWithRetry(injector, params(), 3));
    expect(error).toMatchObject({ code: 'ERR_DTMF_AUTH', delivery: 'refused', response: { status: 401 } });
    expect(platform.injections()).toHaveLength(2);
    expect(platform.tokenRequests()).toHaveLength(2);
  });

  test('is replaced once for all who were refused together', async () => {
    await injector.injectDTMF(params());
    platform.usualInjection = (record) =>
      record.headers.authorization === 'Bearer token-canary-1' ? { status: 401, delayMs: 20 } : {};
    await Promise.all(
      Array.from({ length: 20 }, (_, n) => injector.injectDTMF(params({ callId: `call-${n}` }))),
    );
    expect(platform.tokenRequests()).toHaveLength(2);
  });
});
