'use strict';

// Options: each rule names its field, and only what a program wrote itself counts.

const { CXoneAuthClient, DtmfInjector } = require('..');
const { newBench, params, failure, thrown } = require('./support/bench');

const bench = newBench();

function expectInvalid(error, message) {
  expect(error).toMatchObject({
    code: 'ERR_DTMF_INVALID',
    delivery: 'not-sent',
    retryable: false,
    attempts: 0,
  });
  expect(error.message).toMatch(message);
}

describe('options of an injection', () => {
  test('names the option that breaks a rule', async () => {
    const platform = await bench.platform();
    const injector = bench.injector(platform);
    const bad = [
      ['deadlineMs', NaN],
      ['deadlineMs', -1],
      ['deadlineMs', 1.5],
      ['deadlineMs', '1000'],
      ['deadlineMs', Infinity],
      ['maxAttempts', 0],
      ['maxAttempts', 2.5],
      ['maxAttempts', '3'],
      ['lockTimeoutMs', -1],
      ['lockTimeoutMs', NaN],
      ['resendWhenUnknown', 'yes'],
      ['resendWhenUnknown', ['429']],
      ['signal', {}],
      ['lock', 'call-1'],
      ['retries', 3],
      ['timeout', 100],
      ['digits', 'clear'],
    ];
    for (const [key, value] of bad) {
      const error = await failure(injector.injectDTMF(params(), { [key]: value }));
      expectInvalid(error, new RegExp(`\\b${key}\\b`));
    }
    expectInvalid(await failure(injector.injectDTMF(params(), 7)), /./);
    expect(platform.requests).toHaveLength(0);
  });

  test('suggests the nearest name', async () => {
    const injector = bench.injector(await bench.platform());
    for (const [key, meant] of [
      ['deadline', 'deadlineMs'],
      ['maxAttempt', 'maxAttempts'],
      ['Signal', 'signal'],
      ['traceParent', 'traceparent'],
    ]) {
      const error = await failure(injector.injectDTMF(params(), { [key]: 1 }));
      expect(error.message).toBe(`${key} is not an option: check the spelling, did you mean ${meant}?`);
    }
    const { message } = await failure(injector.injectDTMF(params(), { patience: 1 }));
    expect(message).toBe('patience is not an option: check the spelling');
  });

  test('undefined options are absent', async () => {
    const injector = bench.injector(await bench.platform());
    const options = { signal: undefined, deadlineMs: undefined, lock: undefined, maxAttempts: undefined };
    await expect(injector.injectDTMF(params(), options)).resolves.toMatchObject({ success: true });
  });

  test('a polluted prototype does not switch the guarantee off', async () => {
    const platform = await bench.platform();
    const injector = bench.injector(platform, { retry: { baseMs: 1, capMs: 2 } });
    platform.answer({ drop: 'after' });
    const polluted = { resendWhenUnknown: true, maxAttempts: 5 };
    let error;
    try {
      Object.assign(Object.prototype, polluted);
      error = await failure(injector.injectDTMF(params(), {}));
    } finally {
      for (const key of Object.keys(polluted)) delete Object.prototype[key];
    }
    expect(error).toMatchObject({ code: 'ERR_DTMF_OUTCOME_UNKNOWN', attempts: 1 });
    expect(platform.injections()).toHaveLength(1);
  });
});

describe('the constructors', () => {
  const auth = () =>
    new CXoneAuthClient({ authUrl: 'https://auth.example', clientId: 'a', clientSecret: 'b' });
  const apiUrl = 'https://api.example';

  test.each([
    ['apiUrl', { apiUrl: undefined }],
    ['apiUrl', { apiUrl: 7 }],
    ['apiUrl', { apiUrl: 'api.example' }],
    ['apiUrl', { apiUrl: 'http://api.example' }],
    ['apiUrl', { apiUrl: 'ftp://127.0.0.1' }],
    ['apiUrl', { apiUrl: 'https://user:pass@api.example' }],
    ['api', { api: 'telephony-v3' }],
    ...['apiVersion', 'encoding', 'allowAToD', 'playout', 'pauses', 'discoverHosts'].map((field) => [
      field,
      { [field]: 'x' },
    ]),
    ['apiVersion', { api: 'agent-session', apiVersion: '23' }],
    ['encoding', { api: 'agent-session', encoding: 'form' }],
    ['allowAToD', { api: 'agent-session', allowAToD: 1 }],
    ['playout', { api: 'agent-session', playout: true }],
    ['pauses', { api: 'agent-session', pauses: ',' }],
    ['discoverHosts', { api: 'agent-session', discoverHosts: 'api.example.com' }],
    ['apiUrl', { apiUrl: 'discover' }],
    ['timeoutMs', { timeoutMs: NaN }],
    ['timeoutMs', { timeoutMs: -1 }],
    ['connectTimeoutMs', { connectTimeoutMs: 0.5 }],
    ['deadlineMs', { deadlineMs: '1' }],
    ['lockTimeoutMs', { lockTimeoutMs: null }],
    ['lockHoldMs', { lockHoldMs: Infinity }],
    ['maxWaitingPerCall', { maxWaitingPerCall: 1.5 }],
    ['maxWaiting', { maxWaiting: -1 }],
    ['maxInFlight', { maxInFlight: 0 }],
    ['retry', { retry: 3 }],
    ['baseMs', { retry: { baseMs: -1 } }],
    ['capMs', { retry: { capMs: NaN } }],
    ['budget', { retry: { budget: 1.5 } }],
    ['max', { retry: { max: 3 } }],
    ['resendWhenUnknown', { resendWhenUnknown: ['429'] }],
    ['atomicServerErrors', { atomicServerErrors: 'no' }],
    ['afterUnknown', { afterUnknown: 'carry-on' }],
    ['digits', { digits: 'hashed' }],
    ['logger', { logger: 'console' }],
    ['fleet', { fleet: {} }],
    ['auditLog', { auditLog: 'x' }],
    ['timeout', { timeout: 100 }],
  ])('DtmfInjector names %s: %p', (field, config) => {
    expectInvalid(
      thrown(() => new DtmfInjector(auth(), { apiUrl, ...config })),
      new RegExp(`\\b${field}\\b`),
    );
  });

  test.each([
    ['authUrl', { authUrl: 'http://auth.example' }],
    ['authUrl', { authUrl: '' }],
    ['clientId', { clientId: '' }],
    ['clientSecret', { clientSecret: undefined }],
    ['clientSecret', { clientSecret: 7 }],
    ['scope', { scope: 7 }],
    ['timeoutMs', { timeoutMs: -5 }],
    ['logger', { logger: {} }],
    ['rejectUnauthorized', { rejectUnauthorized: false }],
  ])('CXoneAuthClient names %s: %p', (field, config) => {
    const good = { authUrl: 'https://auth.example', clientId: 'a', clientSecret: 'b' };
    expectInvalid(
      thrown(() => new CXoneAuthClient({ ...good, ...config })),
      new RegExp(`\\b${field}\\b`),
    );
  });

  test('the nearest name is suggested, that of another profile or of JavaScript too', () => {
    const wrong = 'is not an option: check the spelling, did you mean';
    for (const [config, message] of [
      [{ maxInFligth: 1 }, `maxInFligth ${wrong} maxInFlight?`],
      [{ retry: { kapMs: 1 } }, `retry.kapMs ${wrong} retry.capMs?`],
      [{ loger: false }, `loger ${wrong} logger?`],
      [{ playOut: 'hold' }, `playOut ${wrong} playout?`],
      [{ auditLog: { directory: 'x', onAnchors: 1 } }, `auditLog.onAnchors ${wrong} auditLog.onAnchor?`],
    ]) {
      expect(thrown(() => new DtmfInjector(auth(), { apiUrl, ...config })).message).toBe(message);
    }
    const config = { authUrl: 'https://auth.example', clientID: 'a', clientId: 'a', clientSecret: 'b' };
    expect(thrown(() => new CXoneAuthClient(config)).message).toBe(`clientID ${wrong} clientId?`);
  });

  test('DtmfInjector needs a token source and a config', () => {
    for (const bad of [undefined, null, {}, 'token', { getAccessToken: 'token' }]) {
      expectInvalid(
        thrown(() => new DtmfInjector(bad, { apiUrl })),
        /./,
      );
    }
    expectInvalid(
      thrown(() => new DtmfInjector(auth())),
      /./,
    );
    expectInvalid(
      thrown(() => new CXoneAuthClient()),
      /./,
    );
  });
});
