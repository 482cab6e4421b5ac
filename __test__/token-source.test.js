'use strict';

// Tokens that the program gets by itself, from an object of its own or by overriding `getAccessToken`.

const { CXoneAuthClient } = require('..');
const { newBench, params, settle, failure, until } = require('./support/bench');

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
    let answer;
    const source = {
      getAccessToken() {
        asked += 1;
        return new Promise((resolve) => (answer = resolve));
      },
    };
    const injector = bench.injectorWith(source, platform);
    const all = Array.from({ length: 50 }, (_, n) => injector.injectDTMF(params({ callId: `call-${n}` })));
    await until(() => answer !== undefined);
    // All of them have long been in the wait when the answer comes.
    await new Promise((resolve) => setTimeout(resolve, 200));
    answer('own');
    await Promise.all(all);
    expect(asked).toBe(1);
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
