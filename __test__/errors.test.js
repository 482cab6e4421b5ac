'use strict';

const { DtmfError, injectWithRetry, isDtmfError } = require('..');
const { newBench, params, QUICK_RETRY, settle, failure, printed, until } = require('./support/bench');
const { profile } = require('./support/profiles');
const { deadUrl } = require('./support/platform');

const bench = newBench();
const DIGITS = '4929187350';

/** How each code comes about: `[code, what is expected of the error, how to get it]`. */
const CODES = [
  [
    'ERR_DTMF_INVALID',
    { delivery: 'not-sent', retryable: false, attempts: 0 },
    ({ injector }) => injector.injectDTMF(params({ callId: `../${DIGITS}` })),
  ],
  [
    'ERR_DTMF_AUTH',
    { delivery: 'not-sent', retryable: false, attempts: 0 },
    ({ platform }) =>
      bench.injector(platform, {}, { clientSecret: 'wrong-secret-canary' }).injectDTMF(params()),
  ],
  [
    'ERR_DTMF_SCOPE',
    { delivery: 'not-sent', retryable: false, attempts: 0 },
    ({ platform, injector }) => {
      platform.answerToken({ grant: { scope: 'telephony:call:control' } });
      return injector.injectDTMF(params());
    },
  ],
  ['ERR_DTMF_FORBIDDEN', { delivery: 'refused', retryable: false, attempts: 1, status: 403 }],
  [
    'ERR_DTMF_QUEUE_FULL',
    { delivery: 'not-sent', retryable: true, attempts: 0 },
    async ({ platform }) => {
      const small = bench.injector(platform, { maxWaitingPerCall: 1 });
      platform.answer({ hold: true });
      settle(small.injectDTMF(params()));
      settle(small.injectDTMF(params()));
      return small.injectDTMF(params());
    },
  ],
  [
    'ERR_DTMF_LOCK_TIMEOUT',
    { delivery: 'not-sent', retryable: true, attempts: 0 },
    async ({ injector }) => {
      await injector.acquireChannelLock('call-1');
      return injector.injectDTMF(params(), { lockTimeoutMs: 50 });
    },
  ],
  [
    'ERR_DTMF_DEADLINE',
    { delivery: 'not-sent', attempts: 0 },
    async ({ injector }) => {
      await injector.acquireChannelLock('call-1');
      return injector.injectDTMF(params(), { deadlineMs: 50 });
    },
  ],
  [
    'ERR_DTMF_LOCK',
    { delivery: 'not-sent', retryable: false, attempts: 0 },
    async ({ injector }) => {
      const lock = await injector.acquireChannelLock('call-2');
      return injector.injectDTMF(params(), { lock });
    },
  ],
  [
    'ERR_DTMF_AFTER_UNKNOWN',
    { delivery: 'not-sent', attempts: 0 },
    async ({ platform, injector }) => {
      platform.answer({ status: 502, hold: true });
      settle(injector.injectDTMF(params()));
      const behind = settle(injector.injectDTMF(params()));
      await until(() => platform.injections().length === 1 && injector.metrics().waiting === 1);
      platform.release();
      const { error } = await behind;
      throw error;
    },
  ],
  [
    'ERR_DTMF_CONNECT',
    { delivery: 'not-sent', retryable: true, attempts: 0 },
    async ({ platform }) => bench.injector(platform, { apiUrl: await deadUrl() }).injectDTMF(params()),
  ],
  ['ERR_DTMF_RATE_LIMITED', { delivery: 'refused', retryable: true, attempts: 1, status: 429 }],
  ['ERR_DTMF_CONFLICT', { delivery: 'refused', attempts: 1, status: 409 }],
  ['ERR_DTMF_REJECTED', { delivery: 'refused', retryable: false, attempts: 1, status: 404 }],
  ['ERR_DTMF_SERVER', { delivery: 'refused', retryable: true, attempts: 1, status: 503 }],
  ['ERR_DTMF_OUTCOME_UNKNOWN', { delivery: 'unknown', retryable: false, attempts: 1, status: 504 }],
  [
    'ERR_DTMF_CLOSED',
    { delivery: 'not-sent', retryable: false, attempts: 0 },
    async ({ injector }) => {
      await injector.close();
      return injector.injectDTMF(params());
    },
  ],
  [
    'ABORT_ERR',
    { delivery: 'not-sent', attempts: 0 },
    ({ injector }) => injector.injectDTMF(params(), { signal: AbortSignal.abort() }),
  ],
];

/** Here the last answer may be the token endpoint's. */
const OF_TOKENS = ['ERR_DTMF_AUTH', 'ERR_DTMF_SCOPE'];

describe.each(CODES)('%s', (code, { status, ...expected }, provoke) => {
  let error;
  let events;
  let platform;

  beforeEach(async () => {
    platform = await bench.platform();
    const injector = bench.injector(platform, { retry: QUICK_RETRY });
    events = [];
    injector.registerCTIMonitor((event) => void events.push(event));
    if (provoke) {
      error = await failure(provoke({ platform, injector }));
    } else {
      // A server that repeats what it was sent, in whatever form.
      platform.answer({
        status,
        headers: { 'x-reason': `cannot play ${DIGITS}`, 'X-Trace': 't-1' },
        body: {
          message: `cannot play "${DIGITS}"`,
          number: Number(DIGITS),
          [DIGITS]: [DIGITS],
          token: 'not yours',
        },
      });
      error = await failure(injector.injectDTMF(params()));
    }
  });

  test('is an Error and a DtmfError with all fields', () => {
    expect(error).toBeInstanceOf(Error);
    expect(error).toBeInstanceOf(DtmfError);
    expect(isDtmfError(error)).toBe(true);
    expect(error).toMatchObject({ code, ...expected });
    expect(error.name).toBe(code === 'ABORT_ERR' ? 'AbortError' : 'DtmfError');
    expect(error.safeToResend).toBe(expected.delivery !== 'unknown');
    expect(typeof error.retryable).toBe('boolean');
    expect(error.message.length).toBeGreaterThan(10);
  });

  test('names its documentation, which is no field', () => {
    expect(error.docs).toBe(`docs/errors.md#${code.toLowerCase()}`);
    expect(Object.keys(error)).not.toContain('docs');
    expect(JSON.parse(JSON.stringify(error))).not.toHaveProperty('docs');
  });

  test('has the entry of its injection', () => {
    expect(error.audit).toMatchObject({
      code,
      errorMessage: error.message,
      delivery: expected.delivery,
      attempts: expected.attempts,
      status: expected.delivery === 'refused' ? 'failed' : 'error',
      recognitionRate: 0,
      dtmfString: '*****',
    });
    if (!OF_TOKENS.includes(code)) expect(error.audit.errorCode).toBe(status ?? 'unknown');
    // The same entry as in the event, where the injector was the suite's own.
    const event = events.find((e) => e.auditEntry?.injectionId === error.audit.injectionId);
    if (event) expect(event.auditEntry).toEqual(error.audit);
  });

  test('has the last answer, masked, and never the request', () => {
    if (status === undefined) {
      if (!OF_TOKENS.includes(code)) expect(error.response).toBeUndefined();
      return;
    }
    expect(Object.keys(error.response).sort()).toEqual(profile.responseKeys);
    expect(error.response.status).toBe(status);
    expect(error.response.headers).toMatchObject({ 'x-reason': 'cannot play *****', 'x-trace': 't-1' });
    expect(error.response.data.message).toBe('cannot play "*****"');
    expect(error).not.toHaveProperty('config');
    expect(error).not.toHaveProperty('request');
  });

  test('prints no digit, token or secret', () => {
    const text = printed(error);
    for (const canary of [DIGITS, 'token-canary', platform.clientSecret, 'wrong-secret-canary']) {
      expect(text).not.toContain(canary);
    }
    expect(JSON.stringify(events)).not.toContain(DIGITS);
  });
});

test('a conflict begins with the words of its profile, and then says what is known', async () => {
  const platform = await bench.platform();
  const injector = bench.injector(platform);
  const beginning =
    profile.name === 'telephony-v2'
      ? 'Channel conflict: call call-1 is currently locked by another process'
      : 'the platform reports a conflict: something else presses digits or changes the call';
  const reason = `${'x'.repeat(600)} ${DIGITS}`;
  for (const press of [() => injector.injectDTMF(params()), () => injectWithRetry(injector, params(), 3)]) {
    platform.answer({ status: 409, body: { error: `busy with ${DIGITS}` } });
    const { code, message, response } = await failure(press());
    expect(code).toBe('ERR_DTMF_CONFLICT');
    expect(message).toBe(`${beginning} (the platform answered 409: busy with *****)`);
    expect(response.reason).toBe('busy with *****');
  }
  platform.answer({ status: 409, body: { message: reason } });
  const long = await failure(injector.injectDTMF(params()));
  expect(long.message.length).toBeLessThan(700);
});

test('the stack names the line that waited', async () => {
  const platform = await bench.platform();
  const injector = bench.injector(platform);
  platform.answer({ status: 404 });
  async function pressThePin() {
    await injector.injectDTMF(params());
  }
  async function acquireTwice() {
    await injector.acquireChannelLock('call-1');
    await injector.acquireChannelLock('call-1', { timeoutMs: 30 });
  }
  const refused = await failure(pressThePin());
  expect(refused.stack).toContain('pressThePin');
  expect(refused.stack).toContain(refused.message);
  expect((await failure(acquireTwice())).stack).toContain('acquireTwice');
});

test.each([
  ['cut', { status: 400, body: { a: 'b' }, cut: true }],
  ['too-large', { status: 503, body: 'x'.repeat(70_000) }],
  ['unreadable', { status: 404, body: Buffer.from([0xff, 0xfe, 0xfd]) }],
])('an answer without data says why: %s', async (bodyError, step) => {
  const platform = await bench.platform();
  const injector = bench.injector(platform);
  const seen = [];
  injector.registerCTIMonitor((event) => void seen.push(event));
  platform.answer(step);
  const error = await failure(injector.injectDTMF(params()));
  expect(error).toMatchObject({ response: { status: step.status, data: null }, audit: { bodyError } });
  // Which part of it came changes nothing: the status is known.
  expect(error).toMatchObject({ delivery: 'refused', attempts: 1 });
  expect(seen).toEqual([{ event: 'dtmf.failed', callId: 'call-1', auditEntry: error.audit }]);
  platform.answer({ status: 404 });
  expect((await failure(injector.injectDTMF(params()))).audit).not.toHaveProperty('bodyError');
});

test('isDtmfError holds across copies of the package, and only for its errors', async () => {
  const platform = await bench.platform();
  platform.answer({ status: 404 });
  const error = await failure(bench.injector(platform).injectDTMF(params()));
  jest.resetModules();
  const copy = require('..');
  expect(copy.DtmfError).not.toBe(DtmfError);
  expect(copy.isDtmfError(error)).toBe(true);
  for (const other of [
    undefined,
    null,
    7,
    'ERR_DTMF_AUTH',
    {},
    new Error('x'),
    { code: 'ERR_DTMF_AUTH' },
    () => {},
  ]) {
    expect(isDtmfError(other)).toBe(false);
    expect(copy.isDtmfError(other)).toBe(false);
  }
});

test('metrics count by code and by delivery', async () => {
  const platform = await bench.platform();
  const injector = bench.injector(platform);
  platform.answer({ status: 404 }, { status: 404 }, { status: 504 }, {});
  for (let n = 0; n < 4; n += 1) await settle(injector.injectDTMF(params({ dtmfString: `12${n}` })));
  await settle(injector.injectDTMF(params({ dtmfString: '' })));
  await until(() => injector.metrics().inFlight === 0);
  expect(injector.metrics()).toMatchObject({
    injections: { accepted: 1, refused: 2, notSent: 1, unknown: 1 },
    byCode: { ERR_DTMF_REJECTED: 2, ERR_DTMF_OUTCOME_UNKNOWN: 1, ERR_DTMF_INVALID: 1 },
    attempts: 4,
    resends: 0,
    waiting: 0,
    locks: 0,
    tokenRefreshes: 1,
    monitorErrors: 0,
  });
});
