'use strict';

const { CXoneAuthClient, injectWithRetry } = require('..');
const { newBench, params, QUICK_RETRY, failure } = require('./support/bench');
const { deadUrl } = require('./support/platform');

const bench = newBench();
let platform;
let auth;

beforeEach(async () => {
  platform = await bench.platform();
  auth = new CXoneAuthClient({ ...platform.credentials, logger: false });
});

describe('getAccessToken', () => {
  test('keeps the token', async () => {
    expect(await auth.getAccessToken()).toBe('token-canary-1');
    expect(await auth.getAccessToken()).toBe('token-canary-1');
    expect(platform.tokenRequests()).toHaveLength(1);
  });

  test('names an option that it does not know', async () => {
    for (const options of [
      { singal: AbortSignal.abort() },
      { signal: undefined, timeoutMs: 1 },
      { signal: 7 },
    ]) {
      expect(await failure(auth.getAccessToken(options))).toMatchObject({ code: 'ERR_DTMF_INVALID' });
    }
    const { message } = await failure(auth.getAccessToken({ singal: AbortSignal.abort() }));
    expect(message).toContain('singal');
    expect(platform.requests).toHaveLength(0);
  });

  test('200 callers share one request', async () => {
    platform.answerToken({ delayMs: 50 });
    const tokens = await Promise.all(Array.from({ length: 200 }, () => auth.getAccessToken()));
    expect(new Set(tokens)).toEqual(new Set(['token-canary-1']));
    expect(platform.tokenRequests()).toHaveLength(1);
  });

  test('the callers and the injections of two injectors share one request', async () => {
    platform.answerToken({ delayMs: 50 });
    const injectors = [bench.injectorWith(auth, platform), bench.injectorWith(auth, platform)];
    await Promise.all([
      auth.getAccessToken(),
      ...Array.from({ length: 20 }, (_, n) => injectors[n % 2].injectDTMF(params({ callId: `call-${n}` }))),
    ]);
    expect(platform.tokenRequests()).toHaveLength(1);
  });

  test('invalidateToken makes the next call fetch anew', async () => {
    await auth.getAccessToken();
    auth.invalidateToken();
    expect(await auth.getAccessToken()).toBe('token-canary-2');
    expect(platform.tokenRequests()).toHaveLength(2);
  });

  test('a token that is over at once serves who waited, then a new one is fetched', async () => {
    platform.usualToken = { grant: { expires_in: 0 } };
    expect(await auth.getAccessToken()).toBe('token-canary-1');
    expect(await auth.getAccessToken()).toBe('token-canary-2');
  });

  test.each([undefined, null, 'soon', {}])('expires_in %p counts as a while', async (expires_in) => {
    platform.answerToken({ grant: { expires_in } });
    await auth.getAccessToken();
    await auth.getAccessToken();
    expect(platform.tokenRequests()).toHaveLength(1);
  });

  test('asks for the scopes of the config', async () => {
    const scoped = new CXoneAuthClient({ ...platform.credentials, logger: false, scope: 'a:b c:d' });
    await scoped.getAccessToken();
    expect(new URLSearchParams(platform.tokenRequests()[0].body).get('scope')).toBe('a:b c:d');
  });

  test('sends odd characters of a secret unharmed', async () => {
    platform.clientSecret = 'a=b&c+d %41 "ä"';
    const odd = new CXoneAuthClient({ ...platform.credentials, logger: false });
    expect(await odd.getAccessToken()).toBe('token-canary-1');
  });
});

describe('what is refused', () => {
  test.each([401, 400])(
    '%i is final, with the message of the tutorial for a wrong secret',
    async (status) => {
      platform.usualToken = { status, body: { error: 'invalid_client' } };
      const injector = bench.injectorWith(auth, platform, { retry: QUICK_RETRY });
      for (const ask of [() => auth.getAccessToken(), () => injectWithRetry(injector, params(), 3)]) {
        const error = await failure(ask());
        expect(error).toMatchObject({
          code: 'ERR_DTMF_AUTH',
          delivery: 'not-sent',
          retryable: false,
          attempts: 0,
        });
        if (status === 401)
          expect(error.message).toBe('OAuth authentication failed: invalid client credentials');
      }
      expect(platform.tokenRequests().length).toBeLessThanOrEqual(2);
      expect(platform.injections()).toHaveLength(0);
    },
  );

  test('a scope that was not granted is named at once', async () => {
    platform.usualToken = { grant: { scope: 'telephony:call:control other' } };
    const injector = bench.injectorWith(auth, platform, { retry: QUICK_RETRY });
    const error = await failure(injectWithRetry(injector, params(), 3));
    expect(error).toMatchObject({ code: 'ERR_DTMF_SCOPE', delivery: 'not-sent', retryable: false });
    expect(error.message).toContain('telephony:line:readwrite');
    expect(error.message).not.toContain('telephony:call:control');
    expect(platform.injections()).toHaveLength(0);
  });

  test.each([
    ['all scopes in another order', { scope: 'telephony:line:readwrite x telephony:call:control' }],
    ['no scope', {}],
  ])('%s is as asked', async (_, grant) => {
    platform.answerToken({ grant });
    await expect(auth.getAccessToken()).resolves.toBe('token-canary-1');
  });

  test.each([
    ['no token', {}],
    ['an empty token', { access_token: '' }],
    ['no text', { access_token: 7 }],
    ['what is no bearer token', { access_token: 'a b' }],
    ['a line break', { access_token: 'a\r\nX-Evil: 1' }],
  ])('%s is an error', async (_, body) => {
    platform.usualToken = { status: 200, body: { token_type: 'Bearer', expires_in: 60, ...body } };
    const error = await failure(bench.injectorWith(auth, platform).injectDTMF(params()));
    expect(error).toMatchObject({ code: 'ERR_DTMF_AUTH', delivery: 'not-sent', attempts: 0 });
    expect(platform.injections()).toHaveLength(0);
  });
});

describe('passing trouble of the token endpoint', () => {
  test('is tried again as an attempt that sent nothing', async () => {
    platform.answerToken({ status: 503, body: 'busy' });
    const injector = bench.injectorWith(auth, platform, { retry: { baseMs: 300, capMs: 3000 } });
    const result = await injectWithRetry(injector, params(), 5, { deadlineMs: 20_000 });
    expect(result.audit.attempts).toBe(1);
    expect(platform.injections()).toHaveLength(1);
  });

  test('is ERR_DTMF_AUTH and worth trying again', async () => {
    platform.usualToken = { status: 503, body: 'busy' };
    expect(await failure(auth.getAccessToken())).toMatchObject({ code: 'ERR_DTMF_AUTH', retryable: true });
  });

  test('nobody there is ERR_DTMF_CONNECT', async () => {
    const lost = new CXoneAuthClient({ ...platform.credentials, authUrl: await deadUrl(), logger: false });
    expect(await failure(lost.getAccessToken())).toMatchObject({
      code: 'ERR_DTMF_CONNECT',
      delivery: 'not-sent',
      retryable: true,
    });
  });

  test('no answer within timeoutMs', async () => {
    platform.usualToken = { hold: true };
    const hasty = new CXoneAuthClient({ ...platform.credentials, logger: false, timeoutMs: 100 });
    const error = await failure(hasty.getAccessToken());
    expect(error).toMatchObject({ delivery: 'not-sent', retryable: true });
    expect(['ERR_DTMF_AUTH', 'ERR_DTMF_CONNECT']).toContain(error.code);
  });
});
