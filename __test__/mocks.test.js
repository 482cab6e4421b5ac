'use strict';

// What tests and programs put in the place of methods of this package, before or after an injector is made.

const { CXoneAuthClient, DtmfInjector, injectWithRetry, isDtmfError } = require('..');
const { newBench, params, failure, until } = require('./support/bench');

const bench = newBench();
let platform;
let auth;

beforeEach(async () => {
  platform = await bench.platform();
  auth = new CXoneAuthClient({ ...platform.credentials, logger: false });
});
afterEach(() => jest.restoreAllMocks());

/** The tokens that injections came with. */
const tokens = () => platform.injections().map(({ headers }) => headers.authorization.replace('Bearer ', ''));

describe('getAccessToken of an auth client', () => {
  test('is the spy, made before the injector or after it, until it is restored', async () => {
    const early = jest.spyOn(auth, 'getAccessToken').mockResolvedValue('early');
    const injector = bench.injectorWith(auth, platform);
    await injector.injectDTMF(params());
    early.mockRestore();
    await injector.injectDTMF(params());
    const late = jest.spyOn(auth, 'getAccessToken').mockResolvedValue('late');
    await injector.injectDTMF(params());
    late.mockRestore();
    await injector.injectDTMF(params());
    expect(tokens()).toEqual(['early', 'token-canary-1', 'late', 'token-canary-1']);
    expect([early.mock.calls.length, late.mock.calls.length]).toEqual([0, 0]);
  });

  test('is the one on the prototype', async () => {
    const injector = bench.injectorWith(auth, platform);
    const spy = jest.spyOn(CXoneAuthClient.prototype, 'getAccessToken').mockResolvedValue('of-all');
    await injector.injectDTMF(params());
    spy.mockRestore();
    await injector.injectDTMF(params());
    expect(tokens()).toEqual(['of-all', 'token-canary-1']);
  });

  test('is called through a spy that changes nothing', async () => {
    const injector = bench.injectorWith(auth, platform);
    const spy = jest.spyOn(auth, 'getAccessToken');
    await injector.injectDTMF(params());
    expect(spy).toHaveBeenCalledTimes(1);
    expect(tokens()).toEqual(['token-canary-1']);
  });

  test('is looked for when the token is wanted, not when the injection was asked for', async () => {
    const injector = bench.injectorWith(auth, platform);
    const lock = await injector.acquireChannelLock(params().callId ?? params().sessionId);
    const waiting = injector.injectDTMF(params());
    jest.spyOn(auth, 'getAccessToken').mockResolvedValue('late');
    await lock.release();
    await waiting;
    expect(tokens()).toEqual(['late']);
  });

  test('is looked for when an attempt is made again', async () => {
    const injector = bench.injectorWith(auth, platform);
    platform.answer({ status: 429, headers: { 'Retry-After': '1' } }, {});
    injector.registerCTIMonitor(({ event }) => {
      if (event === 'dtmf.retrying') jest.spyOn(auth, 'getAccessToken').mockResolvedValue('late');
    });
    await injectWithRetry(injector, params());
    expect(tokens()).toEqual(['token-canary-1', 'late']);
  });

  test('is not asked while it is untouched, however long an injection waits and the event loop with it', async () => {
    const injector = bench.injectorWith(auth, platform);
    const lock = await injector.acquireChannelLock(params().callId ?? params().sessionId);
    const waiting = injector.injectDTMF(params());
    await new Promise((resolve) => setTimeout(resolve, 50));
    const released = lock.release();
    const until = Date.now() + 1500;
    while (Date.now() < until);
    await Promise.all([released, waiting]);
    expect(tokens()).toEqual(['token-canary-1']);
  });

  test('may be replaced by a getter, and what that throws is a failure', async () => {
    const injector = bench.injectorWith(auth, platform);
    Object.defineProperty(auth, 'getAccessToken', { configurable: true, get: () => async () => 'got' });
    await injector.injectDTMF(params());
    const thrown = new Error('no method today');
    Object.defineProperty(auth, 'getAccessToken', {
      configurable: true,
      get() {
        throw thrown;
      },
    });
    expect((await failure(injector.injectDTMF(params()))).cause).toBe(thrown);
    expect(tokens()).toEqual(['got']);
  });

  test('of a client that failed through a spy says what it says without one', async () => {
    const wrong = new CXoneAuthClient({ ...platform.credentials, clientSecret: 'wrong', logger: false });
    const injector = bench.injectorWith(wrong, platform);
    jest.spyOn(wrong, 'getAccessToken');
    expect(await failure(injector.injectDTMF(params()))).toMatchObject({
      code: 'ERR_DTMF_AUTH',
      message: 'OAuth authentication failed: invalid client credentials',
      retryable: false,
    });
  });
});

describe('invalidateToken of an auth client', () => {
  test('is the spy, after a 401', async () => {
    const injector = bench.injectorWith(auth, platform);
    const spy = jest.spyOn(auth, 'invalidateToken');
    platform.answer({ status: 401 }, {});
    await injector.injectDTMF(params());
    expect(spy).toHaveBeenCalledTimes(1);
    expect(tokens()).toEqual(['token-canary-1', 'token-canary-2']);
  });

  test('of a subclass is called, with the token still from the class', async () => {
    let refused = 0;
    class Counting extends CXoneAuthClient {
      invalidateToken() {
        refused += 1;
        super.invalidateToken();
      }
    }
    const counting = new Counting({ ...platform.credentials, logger: false });
    platform.answer({ status: 401 }, {});
    await bench.injectorWith(counting, platform).injectDTMF(params());
    expect(refused).toBe(1);
    expect(tokens()).toEqual(['token-canary-1', 'token-canary-2']);
  });
});

describe('a Proxy', () => {
  test('around an auth client: its methods and its state work, and an injector takes it', async () => {
    const proxy = new Proxy(auth, {});
    const token = await proxy.getAccessToken();
    expect(proxy.token).toBe(token);
    proxy.invalidateToken();
    expect(auth.token).toBe(null);
    const injector = bench.injectorWith(proxy, platform);
    await injector.injectDTMF(params());
    expect(injector.authClient).toBe(proxy);
    expect(tokens()).toEqual(['token-canary-2']);
  });

  test('around an auth client: what its trap gives is used', async () => {
    const get = (target, name) =>
      name === 'getAccessToken' ? async () => 'trapped' : Reflect.get(target, name);
    await bench.injectorWith(new Proxy(auth, { get }), platform).injectDTMF(params());
    expect(tokens()).toEqual(['trapped']);
  });

  test('around an injector: all of its methods work', async () => {
    const proxy = new Proxy(bench.injectorWith(auth, platform), {});
    const events = [];
    proxy.registerCTIMonitor(({ event }) => events.push(event));
    expect((await proxy.injectDTMF(params())).success).toBe(true);
    expect((await injectWithRetry(proxy, params())).success).toBe(true);
    await proxy.withChannelLock('call-9', (lock) => proxy.releaseChannelLock(lock));
    expect(proxy.metrics().injections.accepted).toBe(2);
    expect(proxy.metricsText()).toContain('cxone_dtmf_');
    await proxy.close();
    expect(events).toEqual(['dtmf.injected', 'dtmf.injected']);
  });

  test('or an heir by prototype: the same', async () => {
    const heir = Object.create(auth);
    await bench.injectorWith(heir, platform).injectDTMF(params());
    heir.getAccessToken = async () => 'inherited';
    await bench.injectorWith(heir, platform).injectDTMF(params());
    expect(tokens()).toEqual(['token-canary-1', 'inherited']);
  });

  test('that throws at every touch is no client, and says so', async () => {
    const boom = () => {
      throw new Error('trap-canary');
    };
    const proxy = new Proxy(auth, { has: boom, getPrototypeOf: boom });
    await bench.injectorWith(proxy, platform).injectDTMF(params());
    expect(tokens()).toEqual(['token-canary-1']);
  });

  test.each(['injectDTMF', 'metrics', 'close'])('%s of nothing says what to do', async (method) => {
    const { [method]: detached } = DtmfInjector.prototype;
    const called = (async () => detached.call({}))();
    expect(await failure(called)).toMatchObject({
      code: 'ERR_DTMF_INVALID',
      message: expect.stringContaining('injector.method()'),
    });
  });
});

describe('the whole package as a mock', () => {
  test('by automock: the methods are there and give nothing', async () => {
    const mocked = jest.createMockFromModule('..');
    const client = new mocked.CXoneAuthClient({});
    client.getAccessToken.mockResolvedValue('mocked');
    const injector = new mocked.DtmfInjector(client, {});
    injector.injectDTMF.mockResolvedValue({ success: true });
    expect(await injector.injectDTMF(params())).toEqual({ success: true });
    expect(await mocked.injectWithRetry(injector, params())).toBe(undefined);
    // The real retries take the mock, and the real injector the mocked client.
    expect(await injectWithRetry(injector, params())).toEqual({ success: true });
    await bench.injectorWith(client, platform).injectDTMF(params());
    expect(tokens()).toEqual(['mocked']);
    expect(client.getAccessToken).toHaveBeenCalledTimes(1);
  });

  test('by jest.mock', () => {
    jest.isolateModules(() => {
      jest.doMock('..');
      const mocked = require('..');
      expect(jest.isMockFunction(mocked.injectWithRetry)).toBe(true);
      expect(jest.isMockFunction(new mocked.DTMFInjector().registerCTIMonitor)).toBe(true);
      jest.dontMock('..');
    });
  });

  test('by a stub of the shape alone', async () => {
    const stub = { getAccessToken: jest.fn().mockResolvedValue('stubbed') };
    await bench.injectorWith(stub, platform).injectDTMF(params());
    expect(stub.getAccessToken).toHaveBeenCalledWith({ signal: expect.any(AbortSignal) });
    expect(tokens()).toEqual(['stubbed']);
  });
});

describe('methods of an injector', () => {
  test('a subclass may override them', async () => {
    class Own extends DtmfInjector {
      registerCTIMonitor(callback) {
        return super.registerCTIMonitor((event) => callback({ ...event, own: true }));
      }
      injectDTMF(given, options) {
        return super.injectDTMF({ ...params(), ...given }, options);
      }
    }
    const injector = new Own(auth, bench.config(platform));
    const events = [];
    injector.registerCTIMonitor(({ own }) => events.push(own));
    await injectWithRetry(injector, {});
    expect(events).toEqual([true]);
    await injector.close();
  });

  test('a spy on one is what injectWithRetry calls, and only while it is there', async () => {
    const injector = bench.injectorWith(auth, platform);
    const spy = jest.spyOn(injector, 'injectDTMF').mockResolvedValue({ success: 'spied' });
    expect(await injectWithRetry(injector, params())).toEqual({ success: 'spied' });
    expect(spy.mock.calls).toEqual([[params(), undefined]]);
    spy.mockRestore();
    expect((await injectWithRetry(injector, params())).success).toBe(true);
  });

  test('a spy on the prototype counts too', async () => {
    const injector = bench.injectorWith(auth, platform);
    jest.spyOn(DtmfInjector.prototype, 'injectDTMF').mockRejectedValue(new Error('of the test'));
    const error = await failure(injectWithRetry(injector, params()));
    expect(isDtmfError(error)).toBe(false);
    expect(error.message).toBe('of the test');
    await until(() => platform.requests.length === 0);
  });
});
