'use strict';

// Tokens that the program gets by itself, from an object of its own or by overriding `getAccessToken`.

const { CXoneAuthClient } = require('..');
const { newBench, params, settle, failure, printed, until } = require('./support/bench');
const { runProgram } = require('./support/program');

const bench = newBench();
let platform;
let auth;

beforeEach(async () => {
  platform = await bench.platform();
  auth = new CXoneAuthClient({ ...platform.credentials, logger: false });
});

describe('a token source of the program', () => {
  test('gives the token of every injection', async () => {
    let asked = 0;
    const source = { getAccessToken: async () => `own-${(asked += 1)}` };
    const injector = bench.injectorWith(source, platform);
    await injector.injectDTMF(params());
    await injector.injectDTMF(params());
    expect(platform.injections().map((r) => r.headers.authorization)).toEqual([
      'Bearer own-1',
      'Bearer own-2',
    ]);
    expect(platform.tokenRequests()).toHaveLength(0);
  });

  test('is asked once by injections that wait together', async () => {
    let asked = 0;
    let open = 0;
    let most = 0;
    const source = {
      async getAccessToken() {
        asked += 1;
        open += 1;
        most = Math.max(most, open);
        await new Promise((resolve) => setTimeout(resolve, 200));
        open -= 1;
        return 'own';
      },
    };
    const injector = bench.injectorWith(source, platform);
    const all = Array.from({ length: 50 }, (_, n) => injector.injectDTMF(params({ callId: `call-${n}` })));
    await Promise.all(all);
    // Who comes to wait after an answer, on a busy machine, asks anew: with others again, and after the one before.
    expect(most).toBe(1);
    expect(asked).toBeLessThan(50);
  });

  test('keeps its `this`, and is given a signal', async () => {
    class Vault {
      #token = 'own';
      seen = [];
      async getAccessToken({ signal }) {
        this.seen.push(signal instanceof AbortSignal);
        return this.#token;
      }
    }
    const vault = new Vault();
    await bench.injectorWith(vault, platform).injectDTMF(params());
    expect(vault.seen).toEqual([true]);
  });

  test.each([
    [
      'rejects',
      async () => {
        throw new Error('vault sealed, token own-canary');
      },
    ],
    [
      'throws',
      () => {
        throw new Error('vault sealed, token own-canary');
      },
    ],
    ['gives no text', async () => ({ token: 'own-canary' })],
    ['gives nothing', () => undefined],
    ['gives what is no bearer token', async () => 'own-canary\r\nX-Evil: 1'],
  ])('that %s is ERR_DTMF_AUTH, not-sent', async (_, getAccessToken) => {
    const error = await failure(bench.injectorWith({ getAccessToken }, platform).injectDTMF(params()));
    expect(error).toMatchObject({ code: 'ERR_DTMF_AUTH', delivery: 'not-sent', attempts: 0 });
    expect(error.message).not.toContain('own-canary');
    expect(platform.requests).toHaveLength(0);
  });

  test('that never answers is given up at the deadline', async () => {
    const source = { getAccessToken: () => new Promise(() => {}) };
    const error = await failure(
      bench.injectorWith(source, platform).injectDTMF(params(), { deadlineMs: 200 }),
    );
    expect(error).toMatchObject({ code: 'ERR_DTMF_DEADLINE', delivery: 'not-sent' });
  });

  test('that never answers is given up after 5 seconds, and told so', async () => {
    let signal;
    const source = { getAccessToken: (options) => new Promise(() => ({ signal } = options)) };
    const error = await failure(bench.injectorWith(source, platform).injectDTMF(params()));
    expect(error).toMatchObject({ code: 'ERR_DTMF_AUTH', delivery: 'not-sent' });
    await until(() => signal.aborted, 'the abort of the source');
  });

  describe('that hangs', () => {
    /** Hangs the first time, and tells what it was asked. */
    const hanging = () => {
      const source = {
        signals: [],
        getAccessToken({ signal }) {
          source.signals.push(signal);
          return source.signals.length === 1 ? new Promise(() => {}) : Promise.resolve('own');
        },
      };
      return source;
    };

    test('is told when the only one who asked is gone; the next one asks anew', async () => {
      const source = hanging();
      const injector = bench.injectorWith(source, platform);
      const controller = new AbortController();
      const only = failure(injector.injectDTMF(params(), { signal: controller.signal }));
      await until(() => source.signals.length === 1);
      expect(source.signals[0].aborted).toBe(false);
      controller.abort();
      expect(await only).toMatchObject({ code: 'ABORT_ERR', delivery: 'not-sent' });
      await until(() => source.signals[0].aborted, 'the abort of the source');
      await injector.injectDTMF(params());
      expect(source.signals).toHaveLength(2);
      expect(source.signals[1].aborted).toBe(false);
    });

    test('is not told as long as another waits', async () => {
      const source = hanging();
      const injector = bench.injectorWith(source, platform);
      const controller = new AbortController();
      const first = failure(injector.injectDTMF(params(), { signal: controller.signal }));
      await until(() => source.signals.length === 1);
      const other = new AbortController();
      const second = failure(injector.injectDTMF(params({ callId: 'call-2' }), { signal: other.signal }));
      // It wants the token as soon as it has its call.
      const free = () => injector.acquireChannelLock('call-2', { timeoutMs: 0 }).catch(() => undefined);
      for (let lock = await free(); lock; lock = await free()) await lock.release();
      await new Promise((resolve) => setTimeout(resolve, 200));
      controller.abort();
      await first;
      await new Promise((resolve) => setTimeout(resolve, 200));
      expect(source.signals.map(({ aborted }) => aborted)).toEqual([false]);
      other.abort();
      expect(await second).toMatchObject({ code: 'ABORT_ERR' });
      await until(() => source.signals[0].aborted, 'the abort of the source');
    });

    test('is asked anew after 5 seconds', async () => {
      const source = hanging();
      const injector = bench.injectorWith(source, platform);
      expect(await failure(injector.injectDTMF(params()))).toMatchObject({ code: 'ERR_DTMF_AUTH' });
      await injector.injectDTMF(params());
      expect(source.signals).toHaveLength(2);
    });
  });

  test.each([
    [
      'throws at every touch',
      () => {
        const boom = () => {
          throw new Error('own-canary');
        };
        return new Proxy({}, { get: boom, has: boom, ownKeys: boom, getPrototypeOf: boom });
      },
    ],
    [
      'has getters that throw',
      () => ({
        get name() {
          throw new Error('own-canary');
        },
        get code() {
          throw new Error('own-canary');
        },
      }),
    ],
    ['has a secret for a name', () => ({ name: 'own-canary-secret-value', code: 'own-canary' })],
    ['has a secret in a name', () => ({ name: 'TypeError own-canary', code: 'ECONNRESET own-canary' })],
    ['is a text', () => 'own-canary'],
    ['is nothing', () => undefined],
    ['cannot be printed', () => Object.create(null)],
  ])('whose error %s fails with it and shows nothing of it', async (_, make) => {
    const lines = [];
    const take = (...args) => void lines.push(JSON.stringify(args));
    const getAccessToken = async () => {
      throw make();
    };
    const injector = bench.injectorWith({ getAccessToken }, platform, {
      logger: { info: take, warn: take, error: take },
    });
    const error = await failure(injector.injectDTMF(params()));
    // An error must not be taken for silence.
    expect(error.message).toContain('failed: ');
    expect(error).toMatchObject({ code: 'ERR_DTMF_AUTH', delivery: 'not-sent' });
    expect([printed(error), ...lines].join('\n')).not.toContain('own-canary');
  });

  test('an override in a subclass is honoured', async () => {
    class OwnAuth extends CXoneAuthClient {
      async getAccessToken() {
        return 'own';
      }
    }
    const own = new OwnAuth({ ...platform.credentials, logger: false });
    await bench.injectorWith(own, platform).injectDTMF(params());
    expect(platform.injections()[0].headers.authorization).toBe('Bearer own');
    expect(platform.tokenRequests()).toHaveLength(0);
  });

  test('an override on the object is honoured, and a subclass without one is not in the way', async () => {
    auth.getAccessToken = async () => 'own';
    await bench.injectorWith(auth, platform).injectDTMF(params());
    expect(platform.injections()[0].headers.authorization).toBe('Bearer own');
    class Named extends CXoneAuthClient {}
    await bench
      .injectorWith(new Named({ ...platform.credentials, logger: false }), platform)
      .injectDTMF(params());
    expect(platform.injections()[1].headers.authorization).toBe('Bearer token-canary-1');
  });

  test('is asked again after a 401', async () => {
    class Counting extends CXoneAuthClient {
      asked = 0;
      async getAccessToken(options) {
        this.asked += 1;
        return super.getAccessToken(options);
      }
    }
    const counting = new Counting({ ...platform.credentials, logger: false });
    platform.answer({ status: 401 }, {});
    await settle(bench.injectorWith(counting, platform).injectDTMF(params()));
    expect(counting.asked).toBe(2);
  });
});

describe('a client of this package that lost itself', () => {
  const PROGRAM = `
    const { profile } = require(process.env.PROFILES);
    const { CXoneAuthClient, DtmfInjector } = require('cxone-dtmf');
    const auth = new CXoneAuthClient({ ...JSON.parse(process.env.CREDENTIALS), logger: false });
    const say = (promise) => promise.then(() => 'ok', (error) => [error.code, error.message].join(' ')).then((text) => console.log(text));
    const params = JSON.parse(process.env.PARAMS);
    const injector = (client) => new DtmfInjector(client, { apiUrl: process.env.URL, logger: false, ...profile.config });
  `;
  const { getAccessToken } = CXoneAuthClient.prototype;

  test.each([
    [
      'a detached getAccessToken',
      'const { getAccessToken } = auth; say(getAccessToken());',
      'ERR_DTMF_INVALID',
    ],
    [
      'a detached method in an injector',
      'say(injector({ getAccessToken: auth.getAccessToken }).injectDTMF(params));',
      'ERR_DTMF_AUTH',
    ],
    [
      'a detached invalidateToken',
      'const { invalidateToken } = auth; say((async () => invalidateToken())());',
      'ERR_DTMF_INVALID',
    ],
  ])('%s fails at once, and the process ends by itself', async (_, source, code) => {
    const ended = await runProgram(PROGRAM + source, {
      env: {
        URL: platform.url,
        CREDENTIALS: JSON.stringify(platform.credentials),
        PARAMS: JSON.stringify(params()),
      },
    });
    expect(ended).toMatchObject({ code: 0, signal: null, stderr: '' });
    expect(ended.stdout).toMatch(new RegExp(`^${code} `));
    // It was not waited for.
    expect(ended.stdout).not.toContain('did not answer');
    expect(platform.requests).toHaveLength(0);
  });

  test('says what to do', async () => {
    expect(await failure(getAccessToken.call({}))).toMatchObject({
      code: 'ERR_DTMF_INVALID',
      message: expect.stringContaining('method'),
    });
  });
});
