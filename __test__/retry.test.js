'use strict';

const { DtmfInjector, CXoneAuthClient, injectWithRetry } = require('..');
const { newBench, params, QUICK_RETRY, failure } = require('./support/bench');
const { deadUrl } = require('./support/platform');

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
    await injectWithRetry(injector, params());
    // Equal jitter of one second, whatever `retry.baseMs` says of other failures.
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

  test('not when Retry-After passes the deadline: the call fails at once', async () => {
    platform.usualInjection = { status: 429, headers: { 'retry-after': '3600' } };
    const started = performance.now();
    const error = await failure(injectWithRetry(injector, params(), 3, { deadlineMs: 8000 }));
    expect(performance.now() - started).toBeLessThan(4000);
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

describe('what may have been carried out is not sent again', () => {
  test.each([
    ['a connection that ends after the request was read', { drop: 'after' }],
    ['408', { status: 408 }],
    ['502', { status: 502 }],
    ['504', { status: 504 }],
    ['599', { status: 599 }],
  ])('%s', async (_, step) => {
    platform.answer(step);
    const error = await failure(injectWithRetry(injector, params(), 3));
    expect(error).toMatchObject({
      code: 'ERR_DTMF_OUTCOME_UNKNOWN',
      delivery: 'unknown',
      safeToResend: false,
      retryable: false,
      attempts: 1,
    });
    expect(error.audit).toMatchObject({ status: 'error', errorCode: step.status ?? 'unknown' });
    expect(platform.injections()).toHaveLength(1);
  });

  test('no answer in time', async () => {
    const hasty = bench.injector(platform, { timeoutMs: 300 });
    platform.answer({ hold: true });
    const error = await failure(injectWithRetry(hasty, params(), 3));
    expect(error).toMatchObject({ code: 'ERR_DTMF_OUTCOME_UNKNOWN', attempts: 1 });
    expect(platform.injections()).toHaveLength(1);
  });

  test('a deadline in flight', async () => {
    platform.answer({ hold: true });
    const error = await failure(injectWithRetry(injector, params(), 3, { deadlineMs: 300 }));
    expect(error).toMatchObject({ code: 'ERR_DTMF_OUTCOME_UNKNOWN', delivery: 'unknown', attempts: 1 });
  });

  test('a connection that died while it was idle', async () => {
    await injector.injectDTMF(params());
    platform.answer({ drop: 'after' });
    expect(await failure(injectWithRetry(injector, params()))).toMatchObject({
      code: 'ERR_DTMF_OUTCOME_UNKNOWN',
    });
    expect(platform.executions()).toHaveLength(2);
  });

  test('with atomicServerErrors: false neither 500 nor a bare 503', async () => {
    const strict = bench.injector(platform, { retry: QUICK_RETRY, atomicServerErrors: false });
    platform.answer({ status: 500 }, { status: 503 }, { status: 503, headers: { 'retry-after': 'soon' } });
    for (let n = 1; n <= 3; n += 1) {
      expect(await failure(injectWithRetry(strict, params()))).toMatchObject({
        code: 'ERR_DTMF_OUTCOME_UNKNOWN',
      });
      expect(platform.injections()).toHaveLength(n);
    }
    platform.answer({ status: 503, headers: { 'retry-after': '1' } }, {});
    await expect(injectWithRetry(strict, params())).resolves.toMatchObject({ audit: { attempts: 2 } });
  });
});

describe('resendWhenUnknown', () => {
  test.each([
    [true, { drop: 'after' }],
    [['connection-lost'], { drop: 'after' }],
    [['502'], { status: 502 }],
    [['408'], { status: 408 }],
    [true, { status: 504 }],
  ])('%j sends again', async (resendWhenUnknown, step) => {
    platform.answer(step, {});
    const result = await injectWithRetry(injector, params(), 3, { resendWhenUnknown });
    expect(result.audit).toMatchObject({ attempts: 2, delivery: 'accepted' });
  });

  test('what is not named is not sent again, and a call may overrule the injector', async () => {
    const willing = bench.injector(platform, { retry: QUICK_RETRY, resendWhenUnknown: true });
    for (const resendWhenUnknown of [false, [], ['timeout', '504']]) {
      platform.answer({ status: 502 });
      const error = await failure(injectWithRetry(willing, params(), 3, { resendWhenUnknown }));
      expect(error).toMatchObject({ code: 'ERR_DTMF_OUTCOME_UNKNOWN', attempts: 1 });
    }
    platform.answer({ status: 502 }, {});
    await expect(injectWithRetry(willing, params())).resolves.toMatchObject({ success: true });
  });

  test('a refusal says nothing of the unknown attempt before it', async () => {
    platform.answer({ status: 502 }, { status: 409 });
    const error = await failure(injectWithRetry(injector, params(), 3, { resendWhenUnknown: true }));
    expect(error).toMatchObject({
      code: 'ERR_DTMF_OUTCOME_UNKNOWN',
      delivery: 'unknown',
      safeToResend: false,
      attempts: 2,
      response: { status: 409 },
    });
  });
});

describe('what never left', () => {
  test('no connection is not-sent', async () => {
    const auth = new CXoneAuthClient({ ...platform.credentials, logger: false });
    const nowhere = new DtmfInjector(auth, { apiUrl: await deadUrl(), logger: false, retry: QUICK_RETRY });
    const error = await failure(injectWithRetry(nowhere, params(), 3));
    expect(error).toMatchObject({
      code: 'ERR_DTMF_CONNECT',
      delivery: 'not-sent',
      safeToResend: true,
      attempts: 0,
    });
    expect(error.response).toBeUndefined();
    await nowhere.close();
  });

  test('a redirect is not followed', async () => {
    platform.answer({ status: 307, headers: { location: `${platform.url}/elsewhere` } });
    const error = await failure(injectWithRetry(injector, params(), 3));
    expect(error).toMatchObject({
      code: 'ERR_DTMF_REJECTED',
      delivery: 'refused',
      response: { status: 307 },
    });
    expect(platform.requests.filter((r) => r.kind === 'other')).toHaveLength(0);
  });
});

describe('a 2xx is accepted, whatever its body', () => {
  test.each([
    ['JSON', { status: 200, body: { a: 1 } }, { a: 1 }, undefined],
    ['text', { status: 201, body: 'queued' }, 'queued', undefined],
    ['no body', { status: 204 }, null, undefined],
    ['a cut body', { status: 202, body: { a: 'b' }, cut: true }, null, 'cut'],
    ['a body over 64 KB', { status: 202, body: 'x'.repeat(70_000) }, null, 'too-large'],
  ])('%s', async (_, step, data, bodyError) => {
    platform.answer(step);
    const result = await injector.injectDTMF(params());
    expect(result).toMatchObject({
      success: true,
      audit: { status: 'success', delivery: 'accepted', attempts: 1 },
    });
    expect(result.data).toEqual(data);
    expect(result.audit.bodyError).toBe(bodyError);
  });
});
