'use strict';

// Every fault of the simulator, through the injector: what a user's test sees.

const { setTimeout: delay } = require('node:timers/promises');

const { injectWithRetry } = require('..');
const { params, settle, failure, until } = require('./support/bench');
const { FAULT_TABLE } = require('../scripts/lib/fault-table');
const { newStage } = require('./support/simulated');

const stage = newStage();

const AsyncFunction = (async () => {}).constructor;
const value = (code) => (code ? new Function(`return (${code})`)() : {});

describe.each(FAULT_TABLE)('$title', ({ rows }) => {
  test.each(rows)('$what', async (row) => {
    const simulator = await stage.simulator(value(row.start));
    const injector = stage.injector(simulator, value(row.injector), value(row.auth));
    const inject = () => injector.injectDTMF(params());
    await new AsyncFunction('simulator', 'inject', 'delay', row.run)(simulator, inject, delay);

    const before = simulator.digits('call-1').length;
    const { ok, value: result, error } = await settle(injectWithRetry(injector, params()));

    const seen = ok ? result.audit : error;
    expect({ code: error?.code, delivery: seen.delivery, attempts: seen.attempts }).toEqual({
      code: row.code,
      delivery: row.delivery,
      attempts: row.attempts,
    });
    const pressed = simulator.digits('call-1').slice(before);
    expect(pressed).toHaveLength(row.pressed);
    if (!ok) expect(error.safeToResend).toBe(row.delivery !== 'unknown');
    expect(simulator.stats().overlaps).toBe(0);
  });
});

test('under the defaults no fault of the table presses twice, but the one that breaks the promise of the API', () => {
  const rows = FAULT_TABLE.flatMap((group) => group.rows);
  expect(rows.filter((row) => row.pressed > 1 || row.twice).map((row) => row.run)).toEqual([
    'simulator.script([{ status: 500, execute: true }])',
  ]);
});

describe('steps', () => {
  let simulator;
  let injector;

  beforeEach(async () => {
    simulator = await stage.simulator({ autoCalls: true });
    injector = stage.injector(simulator);
  });

  const press = (callId, options) => injector.injectDTMF(params({ callId }), options);

  test('of a call are met by that call only, and before the common ones', async () => {
    simulator.script([{ status: 404 }]);
    simulator.script([{ status: 409 }], { callId: 'call-2' });
    expect((await failure(press('call-2'))).code).toBe('ERR_DTMF_CONFLICT');
    expect((await failure(press('call-1'))).code).toBe('ERR_DTMF_REJECTED');
    await press('call-1');
    await press('call-2');
  });

  test('are used up in their order, `times` times each', async () => {
    simulator.script([{ status: 404, times: 2 }, { status: 403 }]);
    const codes = [];
    for (let n = 0; n < 4; n += 1) codes.push((await settle(press('call-1'))).error?.code);
    expect(codes).toEqual(['ERR_DTMF_REJECTED', 'ERR_DTMF_REJECTED', 'ERR_DTMF_FORBIDDEN', undefined]);
  });

  test('answer with their own body and headers', async () => {
    simulator.script([
      { body: { id: 7 }, headers: { 'X-Trace': 'a' } },
      { body: 'queued' },
      { status: 404, body: { message: 'gone' }, headers: { 'X-Trace': ['b', 'c'], 'X-Count': 3 } },
    ]);
    expect((await press('call-1')).data).toEqual({ id: 7 });
    expect((await press('call-1')).data).toBe('queued');
    const { response } = await failure(press('call-1'));
    expect(response).toMatchObject({
      status: 404,
      data: { message: 'gone' },
      headers: { 'x-trace': 'b, c', 'x-count': '3' },
    });
  });

  test('that echo the digits do not leak them into the error', async () => {
    const { dtmfString } = params();
    simulator.script([{ status: 404, body: { message: `cannot press ${dtmfString}` } }]);
    const error = await failure(press('call-1'));
    expect(error.response.data).toEqual({ message: 'cannot press *****' });
    expect(JSON.stringify(error)).not.toContain(dtmfString);
  });

  test('skip the rules: an unknown call is pressed by {}', async () => {
    const strict = await stage.simulator();
    strict.script([{}]);
    await stage.injector(strict).injectDTMF(params({ callId: 'nobody' }));
    expect(strict.digits('nobody')).toEqual([params().dtmfString]);
  });

  test('that cut the answer in half leave no data and say so', async () => {
    simulator.script([{ cut: 'truncate', body: { id: 7 } }]);
    const result = await press('call-1');
    expect(result).toMatchObject({ success: true, data: null, audit: { bodyError: 'cut' } });
    simulator.script([{ cut: 'truncate', status: 502 }]);
    expect(await failure(press('call-2'))).toMatchObject({ delivery: 'unknown', response: { status: 502 } });
  });

  test('that answer 502 are sent again when the caller asks for it, and then press twice', async () => {
    simulator.script([{ status: 502, execute: true }]);
    const { audit } = await press('call-1', { maxAttempts: 2, resendWhenUnknown: ['502'] });
    expect(audit).toMatchObject({ delivery: 'accepted', attempts: 2 });
    expect(simulator.digits('call-1')).toHaveLength(2);
  });

  test('reject who waits behind an unknown outcome, and nobody else', async () => {
    simulator.script([{ cut: 'after-execute', delayMs: 1000 }], { callId: 'call-1' });
    const outcomes = await Promise.all(['call-1', 'call-1', 'call-2'].map((id) => settle(press(id))));
    expect(outcomes.map(({ error }) => error?.code)).toEqual([
      'ERR_DTMF_OUTCOME_UNKNOWN',
      'ERR_DTMF_AFTER_UNKNOWN',
      undefined,
    ]);
    expect(simulator.digits('call-1')).toHaveLength(1);
  });

  test('that are never answered end with the signal of the caller', async () => {
    simulator.script([{ cut: 'silence' }]);
    const controller = new AbortController();
    const pressed = settle(press('call-1', { signal: controller.signal }));
    await until(() => simulator.requests().some((request) => request.cut !== null), 'the silence');
    controller.abort(new Error('hung up'));
    const { error } = await pressed;
    expect(error).toMatchObject({ name: 'AbortError', code: 'ABORT_ERR', delivery: 'unknown' });
    expect(error.cause).toMatchObject({ message: 'hung up' });
  });
});

describe('Retry-After', () => {
  // A date names a whole second.
  const soon = () => new Date(Math.ceil(Date.now() / 1000 + 1) * 1000);

  test.each([
    ['seconds', () => [1, 0]],
    ['a date', () => [soon().toUTCString(), soon().getTime()]],
  ])('in %s is waited for', async (form, make) => {
    const [retryAfter, date] = make();
    const simulator = await stage.simulator();
    const injector = stage.injector(simulator);
    const delays = [];
    injector.registerCTIMonitor((event) => {
      if (event.event === 'dtmf.retrying') delays.push(event.delayMs);
    });
    simulator.script([{ status: 429, headers: { 'Retry-After': retryAfter } }]);
    await injectWithRetry(injector, params());
    expect(delays).toHaveLength(1);
    const [first, second] = simulator.requests().filter((request) => request.kind === 'dtmf');
    expect(first.status).toBe(429);
    if (form === 'seconds') expect(second.atMs - first.atMs).toBeGreaterThanOrEqual(990);
    expect(Date.now()).toBeGreaterThanOrEqual(date - 5);
    expect(simulator.digits('call-1')).toHaveLength(1);
  });

  test.each(['seconds', 'date'])('of a rate limit, in %s, past the deadline fails at once', async (form) => {
    const simulator = await stage.simulator({ rateLimit: { perMinute: 1, retryAfter: form } });
    const injector = stage.injector(simulator);
    await injector.injectDTMF(params());
    const error = await failure(injectWithRetry(injector, params(), 3));
    expect(error).toMatchObject({ code: 'ERR_DTMF_RATE_LIMITED', delivery: 'refused', attempts: 1 });
    // The window is a minute; a busy machine may spend some of it before the second request.
    expect(error.retryAfterMs).toBeGreaterThan(20_000);
    expect(error.retryAfterMs).toBeLessThanOrEqual(62_000);
    const text = error.response.headers['retry-after'];
    expect(text).toMatch(form === 'date' ? /^\w{3}, \d\d \w{3} \d{4} [\d:]{8} GMT$/ : /^\d+$/);
  });
});

describe('tokens', () => {
  const tokens = (simulator) => simulator.stats().tokenRequests;

  test('an endpoint that is down for good is not-sent, and worth a later try', async () => {
    const simulator = await stage.simulator();
    simulator.scriptToken([{ status: 503, times: 9 }]);
    const error = await failure(stage.injector(simulator).injectDTMF(params(), { deadlineMs: 1500 }));
    expect(error).toMatchObject({ delivery: 'not-sent', attempts: 0, retryable: true });
    expect(simulator.digits('call-1')).toEqual([]);
  });

  test('a wrong secret is told in the words of the tutorial', async () => {
    const simulator = await stage.simulator();
    const error = await failure(
      stage.injector(simulator, {}, { clientSecret: 'wrong-canary' }).injectDTMF(params()),
    );
    expect(error).toMatchObject({ code: 'ERR_DTMF_AUTH', delivery: 'not-sent', retryable: false });
    expect(error.message).toBe('OAuth authentication failed: invalid client credentials');
    expect(JSON.stringify(error)).not.toContain('wrong-canary');
  });

  test('an endpoint that refused is left alone for a moment', async () => {
    const simulator = await stage.simulator();
    simulator.scriptToken([{ status: 401 }]);
    const injector = stage.injector(simulator);
    const first = await failure(injector.injectDTMF(params()));
    const second = await failure(injector.injectDTMF(params()));
    expect(first).toMatchObject({ code: 'ERR_DTMF_AUTH', retryAfterMs: expect.any(Number) });
    expect(second).toMatchObject({ code: 'ERR_DTMF_AUTH', message: first.message });
    expect(tokens(simulator)).toBe(1);
    // Another client knows nothing of it.
    await stage.injector(simulator).injectDTMF(params());
  });

  test('a token with too few rights for the platform is 403', async () => {
    const simulator = await stage.simulator();
    simulator.scriptToken([{ scope: 'telephony:line:readwrite' }]);
    const injector = stage.injector(simulator, {}, { scope: 'telephony:line:readwrite' });
    expect(await failure(injector.injectDTMF(params()))).toMatchObject({
      code: 'ERR_DTMF_FORBIDDEN',
      delivery: 'refused',
      response: { status: 403, data: { error: 'insufficient_scope' } },
    });
  });

  test('an unknown scope is refused by the endpoint', async () => {
    const simulator = await stage.simulator({ scopes: ['telephony:call:control', 'own:scope'] });
    const good = stage.injector(simulator, {}, { scope: 'telephony:call:control own:scope' });
    await good.injectDTMF(params());
    const bad = stage.injector(simulator, {}, { scope: 'telephony:call:control no:scope' });
    expect(await failure(bad.injectDTMF(params()))).toMatchObject({
      code: 'ERR_DTMF_AUTH',
      response: { status: 400, data: { error: 'invalid_scope' } },
    });
  });

  test('a lifetime is replaced ahead of its end', async () => {
    const simulator = await stage.simulator({ tokenLifetimeMs: 2000 });
    const injector = stage.injector(simulator);
    await injector.injectDTMF(params());
    expect(tokens(simulator)).toBe(1);
    await delay(1200);
    // Past half of its life. The platform never saw an expired token.
    const { audit } = await injector.injectDTMF(params());
    expect(audit.attempts).toBe(1);
    await until(() => tokens(simulator) === 2, 'the second token');
  });

  test('of the script are used and never shown', async () => {
    const simulator = await stage.simulator();
    simulator.scriptToken([{ accessToken: 'token-canary', expiresIn: '3600' }]);
    const injector = stage.injector(simulator);
    await injector.injectDTMF(params());
    await injector.injectDTMF(params());
    expect(tokens(simulator)).toBe(1);
    expect(JSON.stringify(simulator.requests())).not.toMatch(/token-canary|demo-secret/);
  });

  test('one request serves any number of callers', async () => {
    const simulator = await stage.simulator({ autoCalls: true });
    simulator.scriptToken([{ delayMs: 50 }]);
    const injector = stage.injector(simulator);
    const calls = Array.from({ length: 50 }, (_, n) => `call-${n}`);
    await Promise.all(calls.map((callId) => injector.injectDTMF(params({ callId }))));
    expect(tokens(simulator)).toBe(1);
  });

  test('one that is revoked in the middle is replaced once for all', async () => {
    const simulator = await stage.simulator({ autoCalls: true });
    const injector = stage.injector(simulator);
    await injector.injectDTMF(params());
    simulator.revokeTokens();
    const calls = Array.from({ length: 20 }, (_, n) => `call-${n}`);
    await Promise.all(calls.map((callId) => injector.injectDTMF(params({ callId }))));
    expect(tokens(simulator)).toBe(2);
    for (const callId of calls.slice(2)) expect(simulator.digits(callId)).toHaveLength(1);
  });
});
