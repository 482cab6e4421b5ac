'use strict';

// The simulator as a product: its options, its record and its life, seen through the injector.

const { setTimeout: delay } = require('node:timers/promises');

const { CXoneAuthClient, injectWithRetry } = require('..');
const { startSimulator } = require('../simulator');
const { params, settle, failure, thrown } = require('./support/bench');
const { runProgram } = require('./support/program');
const { newStage } = require('./support/simulated');

const stage = newStage();
const DIGITS = params().dtmfString;

describe('calls', () => {
  test('are known when they were added, and until they end', async () => {
    const simulator = await stage.simulator();
    const injector = stage.injector(simulator);
    const unknown = await failure(injector.injectDTMF(params({ callId: 'call-2' })));
    expect(unknown).toMatchObject({ code: 'ERR_DTMF_REJECTED', response: { status: 404 } });
    simulator.addCall('call-2');
    await injector.injectDTMF(params({ callId: 'call-2' }));
    simulator.endCall('call-2');
    expect((await failure(injector.injectDTMF(params({ callId: 'call-2' })))).response.status).toBe(404);
    simulator.addCall('call-2');
    await injector.injectDTMF(params({ callId: 'call-2' }));
    expect(simulator.digits('call-2')).toEqual([DIGITS, DIGITS]);
  });

  test('are all known with autoCalls, but those that ended', async () => {
    const simulator = await stage.simulator({ autoCalls: true });
    const injector = stage.injector(simulator);
    await injector.injectDTMF(params({ callId: 'anyone' }));
    simulator.endCall('anyone');
    expect((await failure(injector.injectDTMF(params({ callId: 'anyone' })))).response.status).toBe(404);
  });

  test('live on their provider and line', async () => {
    const simulator = await stage.simulator();
    const injector = stage.injector(simulator);
    simulator.addCall('call-1', { providerId: 'provider-1', lineId: 'line-1' });
    await injector.injectDTMF(params());
    for (const elsewhere of [{ lineId: 'line-2' }, { telephonyProviderId: 'provider-2' }]) {
      const error = await failure(injector.injectDTMF(params(elsewhere)));
      expect(error).toMatchObject({ code: 'ERR_DTMF_REJECTED', response: { status: 404 } });
    }
  });

  test('in which tones still play answer 409', async () => {
    const simulator = await stage.simulator({ timeScale: 2 });
    // Who gives up early leaves a playing call behind: 10 × (100 + 150) ms × 2.
    const hasty = stage.injector(simulator, { timeoutMs: 1000, afterUnknown: 'continue' });
    expect((await failure(hasty.injectDTMF(params()))).delivery).toBe('unknown');
    const error = await failure(stage.injector(simulator).injectDTMF(params({ dtmfString: '7' })));
    expect(error).toMatchObject({ code: 'ERR_DTMF_CONFLICT', delivery: 'refused' });
    expect(simulator.digits('call-1')).toHaveLength(1);
    expect(simulator.stats().overlaps).toBe(1);
  });
});

describe('the rules of the payload', () => {
  const tooLong = { dtmf: '1'.repeat(17), dtmfType: 'RFC2833', interDigitPause: 100 };

  // The injector lets no such request out, so these come from a client without rules.
  test.each([
    ['17 digits', 400, tooLong],
    ['a wrong digit', 400, { ...tooLong, dtmf: '1E' }],
    ['a wrong type', 400, { ...tooLong, dtmf: '1', dtmfType: 'PULSE' }],
    ['a pause of 49 ms', 400, { ...tooLong, dtmf: '1', interDigitPause: 49 }],
    ['a field too many', 400, { ...tooLong, dtmf: '1', more: true }],
    ['a body over 64 KB', 413, { ...tooLong, more: 'x'.repeat(70_000) }],
  ])('%s is %i', async (_, status, body) => {
    const simulator = await stage.simulator();
    const { authUrl, apiUrl, clientId, clientSecret } = simulator.credentials;
    const grant = { grant_type: 'client_credentials', client_id: clientId, client_secret: clientSecret };
    const granted = await fetch(`${authUrl}/oauth/token`, {
      method: 'POST',
      body: new URLSearchParams(grant),
    });
    const { access_token } = await granted.json();
    const answer = await fetch(`${apiUrl}/api/v2/telephony/providers/p/lines/l/calls/call-1/dtmf`, {
      method: 'POST',
      headers: { authorization: `Bearer ${access_token}` },
      body: JSON.stringify(body),
    });
    expect(answer.status).toBe(status);
    expect(simulator.digits('call-1')).toEqual([]);
  });

  test('the injector keeps them', async () => {
    const simulator = await stage.simulator();
    const error = await failure(stage.injector(simulator).injectDTMF(params({ interDigitPause: 49 })));
    expect(error).toMatchObject({ code: 'ERR_DTMF_INVALID', delivery: 'not-sent', attempts: 0 });
    expect(simulator.stats().requests).toBe(0);
  });
});

describe('rate limits', () => {
  test('count over all calls, and the refused do not count', async () => {
    const simulator = await stage.simulator({ autoCalls: true, rateLimit: { perMinute: 3 } });
    const injector = stage.injector(simulator);
    const calls = Array.from({ length: 6 }, (_, n) => `call-${n}`);
    const outcomes = await Promise.all(
      calls.map((callId) => settle(injector.injectDTMF(params({ callId })))),
    );
    expect(outcomes.filter(({ ok }) => ok)).toHaveLength(3);
    for (const { ok, error } of outcomes) if (!ok) expect(error.code).toBe('ERR_DTMF_RATE_LIMITED');
    expect(simulator.stats().executions).toBe(3);
  });

  test('per call leave other calls alone', async () => {
    const simulator = await stage.simulator({ autoCalls: true, rateLimit: { perCallPerMinute: 1 } });
    const injector = stage.injector(simulator);
    await injector.injectDTMF(params());
    await injector.injectDTMF(params({ callId: 'call-2' }));
    const error = await failure(injectWithRetry(injector, params()));
    expect(error).toMatchObject({ code: 'ERR_DTMF_RATE_LIMITED', response: { status: 429 } });
    expect(simulator.digits('call-1')).toHaveLength(1);
  });
});

describe('latency', () => {
  /** The attempts' own times of injections one after another. */
  async function times(options, count) {
    const simulator = await stage.simulator({ autoCalls: true, ...options });
    const injector = stage.injector(simulator);
    const found = [];
    for (let n = 0; n < count; n += 1) {
      const { audit } = await injector.injectDTMF(params({ callId: `call-${n}` }));
      found.push(audit.attemptMs);
    }
    return found;
  }

  test('can be fixed', async () => {
    for (const ms of await times({ latency: { fixedMs: 40 } }, 5)) expect(ms).toBeGreaterThanOrEqual(40);
  });

  test('can be spread evenly', async () => {
    const found = await times({ latency: { minMs: 20, maxMs: 80 } }, 12);
    for (const ms of found) expect(ms).toBeGreaterThanOrEqual(20);
    expect(Math.max(...found)).toBeGreaterThanOrEqual(40);
  });

  test('can be log-normal', async () => {
    const found = await times({ latency: { p50Ms: 10, p99Ms: 100 } }, 40);
    found.sort((a, b) => a - b);
    expect(found[20]).toBeGreaterThanOrEqual(4);
    expect(found[39]).toBeGreaterThanOrEqual(20);
  });

  test('repeats with its seed', async () => {
    const latency = { minMs: 0, maxMs: 4000 };
    const three = async (seed) => {
      const simulator = await stage.simulator({ autoCalls: true, latency, seed });
      const injector = stage.injector(simulator);
      const calls = ['call-1', 'call-2', 'call-3'].map((callId) => injector.injectDTMF(params({ callId })));
      return (await Promise.all(calls)).map(({ audit }) => audit.attemptMs);
    };
    const [first, again, other] = await Promise.all([three(10), three(10), three(0)]);
    // Seed 10 has three of more than 3500 ms, seed 0 one of 30: more than a busy machine adds lies between.
    for (const ms of [...first, ...again]) expect(ms).toBeGreaterThanOrEqual(3500);
    expect(Math.min(...other)).toBeLessThan(3500);
  });

  test('that passes the time-out of an attempt leaves the outcome unknown', async () => {
    const simulator = await stage.simulator({ latency: { fixedMs: 3000 } });
    const injector = stage.injector(simulator, { timeoutMs: 1000 });
    const error = await failure(injectWithRetry(injector, params()));
    expect(error).toMatchObject({ code: 'ERR_DTMF_OUTCOME_UNKNOWN', delivery: 'unknown', attempts: 1 });
    expect(simulator.digits('call-1')).toEqual([DIGITS]);
  });
});

describe('the journal', () => {
  test('holds every request and every sequence, without secrets', async () => {
    const simulator = await stage.simulator();
    await stage.injector(simulator).injectDTMF(params());
    const [token, dtmf, ...more] = simulator.requests();
    expect(more).toEqual([]);
    expect(token).toMatchObject({ seq: 1, method: 'POST', kind: 'token', path: '/oauth/token', status: 200 });
    expect(dtmf).toMatchObject({
      seq: 2,
      kind: 'dtmf',
      path: '/api/v2/telephony/providers/provider-1/lines/line-1/calls/call-1/dtmf',
      callId: 'call-1',
      status: 202,
      cut: null,
      overlapped: false,
      headers: { authorization: 'Bearer [redacted]' },
    });
    expect(JSON.stringify(simulator.requests())).not.toMatch(new RegExp(`demo-secret|${DIGITS}`));
    const [execution] = simulator.executions();
    expect(execution).toMatchObject({
      seq: 1,
      callId: 'call-1',
      digits: DIGITS,
      dtmfType: 'RFC2833',
      interDigitPause: 150,
      requestSeq: 2,
    });
    expect(execution.endedAtMs).toBeGreaterThanOrEqual(execution.startedAtMs);
  });

  test('tells how a request was cut', async () => {
    const simulator = await stage.simulator();
    simulator.script([{ cut: 'reset' }]);
    await failure(stage.injector(simulator).injectDTMF(params()));
    expect(simulator.requests()[1]).toMatchObject({ status: null, cut: 'reset' });
  });

  test('knows other addresses too', async () => {
    const simulator = await stage.simulator();
    expect((await fetch(`${simulator.url}/elsewhere?secret=1`)).status).toBe(404);
    expect((await fetch(`${simulator.url}/oauth/token`)).status).toBe(405);
    expect(simulator.requests()).toMatchObject([
      { kind: 'other', path: '/elsewhere', method: 'GET', status: 404 },
      { kind: 'other', status: 405 },
    ]);
  });

  test('proves that a call has one request at a time and several calls have several', async () => {
    const simulator = await stage.simulator({ autoCalls: true, latency: { fixedMs: 20 } });
    const injector = stage.injector(simulator);
    const jobs = Array.from({ length: 12 }, (_, n) =>
      params({ callId: `call-${n % 3}`, dtmfString: `${n}` }),
    );
    await Promise.all(jobs.map((job) => injector.injectDTMF(job)));
    expect(simulator.stats()).toMatchObject({
      requests: 13,
      tokenRequests: 1,
      executions: 12,
      overlaps: 0,
      inFlight: 0,
      maxInFlightPerCall: 1,
      journalDropped: 0,
    });
    expect(simulator.stats().maxInFlight).toBeGreaterThan(1);
    expect(simulator.digits('call-0')).toEqual(['0', '3', '6', '9']);
  });

  test('drops the oldest beyond its limit, and counts them', async () => {
    const simulator = await stage.simulator({ journalLimit: 2 });
    const injector = stage.injector(simulator);
    for (const dtmfString of ['1', '2', '3']) await injector.injectDTMF(params({ dtmfString }));
    expect(simulator.digits('call-1')).toEqual(['2', '3']);
    expect(simulator.requests()).toHaveLength(2);
    // Two of four requests and one of three sequences.
    expect(simulator.stats()).toMatchObject({ executions: 3, journalDropped: 3 });
  });

  test('keeps nothing and still counts when its limit is 0', async () => {
    const simulator = await stage.simulator({ journalLimit: 0 });
    const injector = stage.injector(simulator);
    for (const dtmfString of ['1', '2', '3']) await injector.injectDTMF(params({ dtmfString }));
    expect(simulator.digits('call-1')).toEqual([]);
    expect(simulator.requests()).toEqual([]);
    expect(simulator.stats()).toMatchObject({ requests: 4, executions: 3, journalDropped: 7, inFlight: 0 });
  });

  test('stays readable after the end', async () => {
    const simulator = await stage.simulator();
    await stage.injector(simulator).injectDTMF(params());
    await simulator.stop();
    expect(simulator.digits('call-1')).toEqual([DIGITS]);
    expect(simulator.stats().requests).toBe(2);
  });
});

describe('credentials', () => {
  test('are those of the options, and no others pass', async () => {
    const simulator = await stage.simulator({ clientId: 'own-client', clientSecret: 'own-secret' });
    expect(simulator.credentials).toEqual({
      authUrl: simulator.url,
      apiUrl: simulator.url,
      clientId: 'own-client',
      clientSecret: 'own-secret',
    });
    const { apiUrl, ...auth } = simulator.credentials;
    expect([simulator.auth, apiUrl]).toEqual([auth, simulator.url]);
    for (const fixed of [simulator.auth, simulator.credentials, simulator.accessKey])
      expect(Object.isFrozen(fixed)).toBe(true);
    expect(simulator.url).toBe(`http://127.0.0.1:${simulator.port}`);
    await stage.injector(simulator).injectDTMF(params());
    const wrong = stage.injector(simulator, {}, { clientId: 'demo-client', clientSecret: 'demo-secret' });
    expect((await failure(wrong.injectDTMF(params()))).code).toBe('ERR_DTMF_AUTH');
  });

  test('fit an auth client as they are, for each grant', async () => {
    const simulator = await stage.simulator();
    const configs = [simulator.auth, { grant: 'password', ...simulator.accessKey }];
    for (const config of configs) {
      await expect(new CXoneAuthClient({ ...config, logger: false }).getAccessToken()).resolves.toEqual(
        expect.any(String),
      );
    }
  });
});

describe('what breaks a rule is a TypeError that names the field', () => {
  test.each([
    ['options.port', { port: 65_536 }],
    ['options.clientId', { clientId: '' }],
    ['options.clientSecret', { clientSecret: 7 }],
    ['options.scopes', { scopes: ['a b'] }],
    ['options.tokenLifetimeMs', { tokenLifetimeMs: 0 }],
    ['options.autoCalls', { autoCalls: 'yes' }],
    ['options.timeScale', { timeScale: NaN }],
    ['options.rateLimit', { rateLimit: 5 }],
    ['options.rateLimit.perMinute', { rateLimit: { perMinute: 0 } }],
    ['options.rateLimit.perCallPerMinute', { rateLimit: { perCallPerMinute: 1.5 } }],
    ['options.rateLimit.retryAfter', { rateLimit: { retryAfter: 'soon' } }],
    ['options.latency', { latency: {} }],
    ['options.latency.fixedMs', { latency: { fixedMs: -1 } }],
    ['options.latency.maxMs', { latency: { minMs: 2, maxMs: 1 } }],
    ['options.latency.p50Ms', { latency: { p50Ms: 0, p99Ms: 1 } }],
    ['options.seed', { seed: -1 }],
    ['options.journalLimit', { journalLimit: -1 }],
    ['options.jornalLimit', { jornalLimit: 1 }],
    ['options', []],
  ])('%s', async (field, options) => {
    const error = await failure(startSimulator(options));
    expect(error).toBeInstanceOf(TypeError);
    expect(error.message.startsWith(`${field} `)).toBe(true);
  });

  test.each([
    ['callId', (simulator) => simulator.addCall('')],
    ['options.line', (simulator) => simulator.addCall('call-1', { line: '1' })],
    ['options.lineId', (simulator) => simulator.addCall('call-1', { lineId: 1 })],
    ['callId', (simulator) => simulator.endCall()],
    ['callId', (simulator) => simulator.digits(1)],
    ['steps', (simulator) => simulator.script({ status: 500 })],
    ['options.call', (simulator) => simulator.script([{}], { call: 'call-1' })],
    ['steps[0].status', (simulator) => simulator.script([{ status: 100 }])],
    ['steps[1].cut', (simulator) => simulator.script([{}, { cut: 'half' }])],
    ['steps[0].times', (simulator) => simulator.script([{ times: 0 }])],
    ['steps[0].delayMs', (simulator) => simulator.script([{ delayMs: Infinity }])],
    ['steps[0].execute', (simulator) => simulator.script([{ cut: 'silence', execute: true }])],
    ['steps[0].body', (simulator) => simulator.script([{ cut: 'reset', body: 'x' }])],
    ['steps[0].headers', (simulator) => simulator.script([{ headers: { 'content-length': 3 } }])],
    ['steps[0].stauts', (simulator) => simulator.script([{ stauts: 500 }])],
    ['steps[0].execute', (simulator) => simulator.scriptToken([{ execute: true }])],
    ['steps[0].scope', (simulator) => simulator.scriptToken([{ scope: 1 }])],
    ['steps[0].malformed', (simulator) => simulator.scriptToken([{ malformed: 'yes' }])],
  ])('%s of a method', async (field, use) => {
    const simulator = await stage.simulator();
    const error = thrown(() => use(simulator));
    expect(error).toBeInstanceOf(TypeError);
    expect(error.message.startsWith(`${field} `)).toBe(true);
    // Of steps of which one is wrong, none is appended.
    await stage.injector(simulator).injectDTMF(params());
  });
});

describe('its life', () => {
  test('a port can be asked for, and a taken one is EADDRINUSE', async () => {
    const first = await stage.simulator();
    const error = await failure(startSimulator({ port: first.port }));
    expect(error).toMatchObject({ code: 'EADDRINUSE' });
    expect(error).toBeInstanceOf(Error);
    await first.stop();
    const second = await stage.simulator({ port: first.port });
    expect(second.port).toBe(first.port);
    await stage.injector(second).injectDTMF(params());
  });

  test('stop() ends connections, may come twice, and then nothing connects', async () => {
    const simulator = await stage.simulator();
    const injector = stage.injector(simulator);
    await injector.injectDTMF(params());
    simulator.script([{ cut: 'silence' }]);
    const silent = settle(injector.injectDTMF(params()));
    while (simulator.requests().length < 3) await delay(5);
    await simulator.stop();
    await simulator.stop();
    expect((await silent).error).toMatchObject({ code: 'ERR_DTMF_OUTCOME_UNKNOWN', delivery: 'unknown' });
    const error = await failure(injector.injectDTMF(params({ dtmfString: '7' })));
    expect(error).toMatchObject({ code: 'ERR_DTMF_CONNECT', delivery: 'not-sent', attempts: 0 });
  });

  test('Symbol.asyncDispose stops it, where Node.js has it', async () => {
    const simulator = await stage.simulator();
    if (!Symbol.asyncDispose) return;
    await simulator[Symbol.asyncDispose]();
    await expect(fetch(simulator.url)).rejects.toThrow();
  });

  test('it keeps no process alive', async () => {
    const ended = await runProgram(`
      const { startSimulator } = require('cxone-dtmf/simulator');
      startSimulator().then((simulator) => {
        simulator.script([{ cut: 'silence' }]);
        console.log('started');
      });
    `);
    expect(ended).toMatchObject({ code: 0, signal: null, stdout: 'started\n', stderr: '' });
  });

  test('it runs under fake timers, and so does the engine', async () => {
    const simulator = await stage.simulator({ latency: { fixedMs: 20 } });
    const injector = stage.injector(simulator);
    simulator.script([{ status: 500 }]);
    jest.useFakeTimers();
    try {
      const { audit } = await injectWithRetry(injector, params());
      expect(audit.attempts).toBe(2);
    } finally {
      jest.useRealTimers();
    }
  });

  test('calls of the same name in two simulators do not wait for each other', async () => {
    const [first, second] = [await stage.simulator(), await stage.simulator()];
    const [one, two] = [stage.injector(first), stage.injector(second)];
    const lock = await one.acquireChannelLock('call-1');
    await two.injectDTMF(params(), { lockTimeoutMs: 0 });
    const error = await failure(one.injectDTMF(params(), { lockTimeoutMs: 0 }));
    expect(error.code).toBe('ERR_DTMF_LOCK_TIMEOUT');
    await lock.release();
  });
});
