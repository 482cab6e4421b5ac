'use strict';

// What the tutorial's objects hold in plain fields: read where a program may read it, and never a silent no-op to set.

const util = require('node:util');

const { CXoneAuthClient, DtmfInjector } = require('..');
const { newBench, params, failure, thrown } = require('./support/bench');

const bench = newBench();
let platform;
let auth;

beforeEach(async () => {
  platform = await bench.platform();
  auth = new CXoneAuthClient({ ...platform.credentials, logger: false });
});

/** All that shows an object without being asked for one of its fields. */
const shown = (object) =>
  [
    util.inspect(object, { depth: 9, showHidden: true, getters: true }),
    JSON.stringify(object),
    Object.keys(object).join(),
    JSON.stringify({ ...object }),
  ].join('\n');

describe('the token of an auth client', () => {
  test('can be read, with its end', async () => {
    expect([auth.token, auth.tokenExpiry]).toEqual([null, 0]);
    platform.answerToken({ grant: { expires_in: 3600 } });
    const before = Date.now();
    const token = await auth.getAccessToken();
    expect(auth.token).toBe(token);
    // Half a minute before its end it is not used any more.
    expect(Math.abs(auth.tokenExpiry - (before + 3_570_000))).toBeLessThan(30_000);
    expect(Number.isInteger(auth.tokenExpiry)).toBe(true);
    expect(shown(auth)).not.toContain('token-canary');
  });

  test('that is not to be used again is none', async () => {
    platform.answerToken({ grant: { expires_in: 0 } });
    await auth.getAccessToken();
    expect([auth.token, auth.tokenExpiry]).toEqual([null, 0]);
  });

  test.each([
    ['token', null],
    ['token', undefined],
    ['token', ''],
    ['tokenExpiry', 0],
    ['tokenExpiry', null],
    ['tokenExpiry', undefined],
    ['tokenExpiry', 1_000_000_000_000],
  ])('%s = %p forgets it', async (name, value) => {
    await auth.getAccessToken();
    auth[name] = value;
    expect([auth.token, auth.tokenExpiry]).toEqual([null, 0]);
    expect(await auth.getAccessToken()).toBe('token-canary-2');
    expect(Object.keys(auth)).toEqual([]);
  });

  test.each([
    ['token', 'secret-canary'],
    ['token', 7],
    ['token', {}],
    ['tokenExpiry', NaN],
    ['tokenExpiry', Infinity],
    ['tokenExpiry', '0'],
    ['tokenExpiry', 4_000_000_000_000],
  ])('%s = %p throws and says what to do', async (name, value) => {
    const token = await auth.getAccessToken();
    const error = thrown(() => (auth[name] = value));
    expect(error).toMatchObject({ code: 'ERR_DTMF_INVALID' });
    expect(error.message).toMatch(new RegExp(`^${name} cannot be set.*invalidateToken.*getAccessToken`));
    expect(error.message).not.toContain('canary');
    expect(auth.token).toBe(token);
  });

  test('a subclass that fetches for itself keeps its own, unseen', async () => {
    class Vault extends CXoneAuthClient {
      async getAccessToken() {
        if (!this.token || Date.now() >= this.tokenExpiry) {
          this.token = 'vault-canary';
          this.tokenExpiry = Date.now() + 60_000;
        }
        return this.token;
      }
    }
    const vault = new Vault({ ...platform.credentials, logger: false });
    await bench.injectorWith(vault, platform).injectDTMF(params());
    expect(vault.token).toBe('vault-canary');
    expect(vault.tokenExpiry).toBeGreaterThan(Date.now());
    expect(shown(vault)).not.toContain('vault-canary');
    vault.token = null;
    expect(vault.token).toBe(null);
  });
});

describe('what an object was made with', () => {
  const SECRETS = { clientSecret: 'secret-canary-1', proxy: 'http://user:secret-canary-2@127.0.0.1:9/' };

  test('an auth client shows its config without secrets, frozen', () => {
    const client = new CXoneAuthClient({ ...platform.credentials, ...SECRETS, logger: false });
    expect(client.config).toEqual({
      authUrl: platform.credentials.authUrl,
      clientId: platform.credentials.clientId,
      proxy: 'http://127.0.0.1:9/',
    });
    expect(client.config).toBe(client.config);
    expect(Object.isFrozen(client.config)).toBe(true);
    expect(shown(client)).not.toContain('secret-canary');
  });

  test('an injector shows its config, its auth client and its monitors', async () => {
    const injector = bench.injectorWith(auth, platform, {
      retry: { baseMs: 7 },
      headers: { 'x-a': 'b' },
    });
    expect(injector.config).toMatchObject({ apiUrl: platform.url, retry: { baseMs: 7 } });
    expect(Object.isFrozen(injector.config.retry)).toBe(true);
    expect(injector.config).not.toHaveProperty('logger');
    expect(injector.authClient).toBe(auth);
    const monitor = () => {};
    const unregister = injector.registerCTIMonitor(monitor);
    expect(injector.ctiCallbacks).toEqual([monitor]);
    expect(() => injector.ctiCallbacks.push(monitor)).toThrow(TypeError);
    unregister();
    expect(injector.ctiCallbacks).toEqual([]);
    expect(Object.keys(injector)).toEqual([]);
    expect(shown(injector)).not.toContain(platform.url);
  });

  test.each(['config', 'authClient', 'ctiCallbacks'])('%s of an injector cannot be set', (name) => {
    const injector = bench.injectorWith(auth, platform);
    expect(thrown(() => (injector[name] = {}))).toMatchObject({
      code: 'ERR_DTMF_INVALID',
      message: expect.stringMatching(new RegExp(`^${name} cannot be set: (make a new|registerCTIMonitor)`)),
    });
  });

  test('nor config of an auth client', () => {
    expect(thrown(() => (auth.config = {}))).toMatchObject({ code: 'ERR_DTMF_INVALID' });
  });

  test('the prototypes themselves have none of it', () => {
    for (const { prototype } of [CXoneAuthClient, DtmfInjector]) {
      expect(thrown(() => prototype.config)).toMatchObject({ code: 'ERR_DTMF_INVALID' });
    }
  });
});

describe('releaseChannelLock without an argument', () => {
  test('does nothing where no lock is held, also when nobody waits for it', async () => {
    const injector = bench.injectorWith(auth, platform, { lockHoldMs: 50 });
    void injector.releaseChannelLock();
    await injector.acquireChannelLock('call-1');
    await injector.releaseChannelLock();
    await injector.releaseChannelLock();
    await injector.acquireChannelLock('call-2');
    // What comes after it waits until the first one ran out.
    await injector.acquireChannelLock('call-2');
    await injector.close();
    await injector.releaseChannelLock();
  });

  test('refuses to choose among several', async () => {
    const injector = bench.injectorWith(auth, platform);
    await injector.acquireChannelLock('call-1');
    await injector.acquireChannelLock('call-2');
    expect(await failure(injector.releaseChannelLock())).toMatchObject({
      code: 'ERR_DTMF_LOCK',
      message: expect.stringContaining('several'),
    });
  });
});
