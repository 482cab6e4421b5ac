'use strict';

// What is known of the digits after an attempt, and what must therefore not be sent again.

const { DtmfInjector, CXoneAuthClient, injectWithRetry } = require('..');
const { newBench, params, QUICK_RETRY, failure } = require('./support/bench');
const { profile } = require('./support/profiles');
const { deadUrl } = require('./support/platform');

const bench = newBench();
let platform;
let injector;

beforeEach(async () => {
  platform = await bench.platform();
  injector = bench.injector(platform, { retry: QUICK_RETRY });
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
    const hasty = bench.injector(platform, { timeoutMs: 1000 });
    // The token and the connection are there, so that the time runs out in flight.
    await hasty.injectDTMF(params());
    platform.answer({ hold: true });
    const error = await failure(injectWithRetry(hasty, params(), 3));
    expect(error).toMatchObject({ code: 'ERR_DTMF_OUTCOME_UNKNOWN', attempts: 1 });
    expect(platform.injections()).toHaveLength(2);
  });

  test('a deadline in flight', async () => {
    await injector.injectDTMF(params());
    platform.answer({ hold: true });
    const error = await failure(injectWithRetry(injector, params(), 3, { deadlineMs: 1000 }));
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
      const digits = params({ dtmfString: `12${n}` });
      expect(await failure(injectWithRetry(strict, digits))).toMatchObject({
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
    for (const [n, resendWhenUnknown] of [false, [], ['timeout', '504']].entries()) {
      platform.answer({ status: 502 });
      const digits = params({ dtmfString: `12${n}` });
      const error = await failure(injectWithRetry(willing, digits, 3, { resendWhenUnknown }));
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
    const nowhere = new DtmfInjector(auth, {
      apiUrl: await deadUrl(),
      logger: false,
      retry: QUICK_RETRY,
      ...profile.config,
    });
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
