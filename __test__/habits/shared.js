'use strict';

// What the tests of a program written after the tutorial do, in the words that Jest and Vitest share: spies on prototypes
// and on objects, stubs made by hand, fake timers. `describe`, `test` and the like are globals of both.

const { startPlatform } = require('../support/platform');

const PARAMS = {
  telephonyProviderId: 'provider-5',
  lineId: 'line-9',
  callId: 'call-habit',
  dtmfString: '60#',
  dtmfType: 'RFC2833',
  interDigitPause: 80,
};

/** An error in the shape of axios, as stubs make it. */
function httpError(status, headers = {}) {
  const error = new Error(`Request failed with status code ${status}`);
  return Object.assign(error, { response: { status, headers, data: null } });
}

const STUBBED = { success: true, data: { id: 'stub' }, audit: { status: 'success' } };

/**
 * @param {object} runner
 * @param {typeof jest} runner.mocks `jest`, or `vi`
 * @param {() => typeof import('cxone-dtmf')} runner.load the package, as the test file has it
 */
function habits({ mocks, load }) {
  const { CXoneAuthClient, DTMFInjector, injectWithRetry, isDtmfError } = load();
  let platform;
  let auth;
  let injector;

  beforeEach(async () => {
    platform = await startPlatform();
    auth = new CXoneAuthClient({ ...platform.credentials, logger: false });
    injector = new DTMFInjector(auth, { apiUrl: platform.url, logger: false });
  });

  afterEach(async () => {
    mocks.useRealTimers();
    mocks.restoreAllMocks();
    await injector.close();
    await platform.stop();
  });

  const bearers = () => platform.injections().map(({ headers }) => headers.authorization);

  describe('spies', () => {
    test('on the prototype of the auth client', async () => {
      const spy = mocks.spyOn(CXoneAuthClient.prototype, 'getAccessToken').mockResolvedValue('spied-token-1');
      await injector.injectDTMF(PARAMS);
      expect(spy).toHaveBeenCalledTimes(1);
      expect(bearers()).toEqual(['Bearer spied-token-1']);
      expect(platform.tokenRequests()).toHaveLength(0);
    });

    test('on an auth client, after the injector was made', async () => {
      const thrown = new Error('vault is sealed');
      mocks.spyOn(auth, 'getAccessToken').mockRejectedValue(thrown);
      const error = await injector.injectDTMF(PARAMS).catch((caught) => caught);
      expect(isDtmfError(error)).toBe(true);
      expect(error.cause).toBe(thrown);
      expect(platform.requests).toHaveLength(0);
    });

    test('that are restored, give way to what was there', async () => {
      mocks.spyOn(CXoneAuthClient.prototype, 'getAccessToken').mockResolvedValue('spied-token-1');
      mocks.spyOn(auth, 'getAccessToken').mockResolvedValue('spied-token-2');
      await injector.injectDTMF(PARAMS);
      mocks.restoreAllMocks();
      await injector.injectDTMF(PARAMS);
      expect(bearers()).toEqual(['Bearer spied-token-2', 'Bearer token-canary-1']);
    });

    test('that only watch, change nothing', async () => {
      const tokens = mocks.spyOn(auth, 'getAccessToken');
      const presses = mocks.spyOn(DTMFInjector.prototype, 'injectDTMF');
      await injectWithRetry(injector, PARAMS);
      expect(tokens).toHaveBeenCalledTimes(1);
      expect(presses).toHaveBeenCalledTimes(1);
      expect(presses.mock.calls[0][0]).toBe(PARAMS);
      expect(platform.injections()).toHaveLength(1);
    });

    test('on injectDTMF are what injectWithRetry calls', async () => {
      const spy = mocks
        .spyOn(injector, 'injectDTMF')
        .mockRejectedValueOnce(httpError(429, { 'retry-after': '1' }))
        .mockResolvedValueOnce(STUBBED);
      expect(await injectWithRetry(injector, PARAMS)).toBe(STUBBED);
      expect(spy).toHaveBeenCalledTimes(2);
      expect(platform.requests).toHaveLength(0);
    });

    test('on the prototype of the injector too', async () => {
      mocks.spyOn(DTMFInjector.prototype, 'injectDTMF').mockRejectedValue(httpError(409));
      await expect(injectWithRetry(injector, PARAMS)).rejects.toThrow(
        'Channel conflict: call call-habit is currently locked by another process',
      );
      expect(platform.requests).toHaveLength(0);
    });
  });

  describe('stubs', () => {
    test('of the auth client', async () => {
      const stub = { getAccessToken: mocks.fn().mockResolvedValue('stubbed-token') };
      const own = new DTMFInjector(stub, { apiUrl: platform.url, logger: false });
      await own.injectDTMF(PARAMS);
      expect(stub.getAccessToken).toHaveBeenCalledTimes(1);
      expect(bearers()).toEqual(['Bearer stubbed-token']);
      await own.close();
    });

    test('of the injector', async () => {
      const stub = { injectDTMF: mocks.fn().mockResolvedValue(STUBBED) };
      expect(await injectWithRetry(stub, PARAMS, 2)).toBe(STUBBED);
      expect(stub.injectDTMF.mock.calls[0][0]).toBe(PARAMS);
    });

    test('of the injector, that fail for good', async () => {
      const thrown = httpError(400);
      const stub = { injectDTMF: mocks.fn().mockRejectedValue(thrown) };
      await expect(injectWithRetry(stub, PARAMS)).rejects.toBe(thrown);
      expect(stub.injectDTMF).toHaveBeenCalledTimes(1);
    });

    test('of monitor and logger hear what the tutorial tells', async () => {
      const monitor = mocks.fn();
      const logger = { info: mocks.fn(), warn: mocks.fn(), error: mocks.fn() };
      const own = new DTMFInjector(new CXoneAuthClient(platform.credentials), {
        apiUrl: platform.url,
        logger,
      });
      own.registerCTIMonitor(monitor);
      await own.injectDTMF(PARAMS);
      platform.answer({ status: 400 });
      await expect(own.injectDTMF(PARAMS)).rejects.toThrow();

      const entry = (status) => expect.objectContaining({ callId: 'call-habit', status });
      expect(logger.info).toHaveBeenCalledWith('OAuth token refreshed successfully', expect.anything());
      expect(logger.info).toHaveBeenCalledWith('DTMF injection completed', entry('success'));
      expect(logger.error).toHaveBeenCalledWith(
        'DTMF injection failed',
        expect.objectContaining({ callId: 'call-habit', errorCode: 400 }),
      );
      expect(monitor).toHaveBeenCalledTimes(2);
      expect(monitor).toHaveBeenCalledWith({
        event: 'dtmf.injected',
        callId: 'call-habit',
        auditEntry: entry('success'),
        payload: { accepted: true },
      });
      expect(monitor.mock.calls[1][0]).toMatchObject({ event: 'dtmf.failed', callId: 'call-habit' });
      await own.close();
    });

    test('by inheritance', async () => {
      class Vault extends CXoneAuthClient {
        async getAccessToken() {
          return 'token-of-the-vault';
        }
      }
      const own = new DTMFInjector(new Vault({ ...platform.credentials, logger: false }), {
        apiUrl: platform.url,
        logger: false,
      });
      await own.injectDTMF(PARAMS);
      expect(bearers()).toEqual(['Bearer token-of-the-vault']);
      await own.close();
    });
  });

  describe('fake timers', () => {
    beforeEach(() => {
      mocks.useFakeTimers();
    });

    test('hang no injection', async () => {
      await expect(injector.injectDTMF(PARAMS)).resolves.toMatchObject({ success: true });
    });

    test('hang no wait of the engine', async () => {
      platform.answer({ status: 429, headers: { 'retry-after': '1' } }, {});
      await expect(injectWithRetry(injector, PARAMS)).resolves.toMatchObject({ audit: { attempts: 2 } });
    });

    test('hang no wait for a stub', async () => {
      const injectDTMF = mocks.fn().mockRejectedValueOnce(httpError(500)).mockResolvedValueOnce(STUBBED);
      expect(await injectWithRetry({ injectDTMF }, PARAMS)).toBe(STUBBED);
    });

    test('hang neither locks nor the end', async () => {
      await injector.acquireChannelLock('call-habit');
      void injector.releaseChannelLock();
      await injector.injectDTMF(PARAMS);
      await injector.close();
    });
  });
}

/**
 * What a module that the runner mocked all of is.
 * @param {typeof import('cxone-dtmf')} mocked
 */
async function expectMocked(mocked, mocks) {
  const auth = new mocked.CXoneAuthClient({});
  const injector = new mocked.DTMFInjector(auth, {});
  expect(await injector.injectDTMF(PARAMS)).toBeUndefined();
  mocks.mocked(mocked.injectWithRetry).mockResolvedValue(STUBBED);
  expect(await mocked.injectWithRetry(injector, PARAMS)).toBe(STUBBED);
  expect(mocked.DTMFInjector).toHaveBeenCalledWith(auth, {});
  expect(injector.injectDTMF).toHaveBeenCalledWith(PARAMS);
  // What is no function stays.
  expect(mocked.MAX_SEQUENCE_LENGTH).toBe(16);
}

module.exports = { habits, expectMocked, PARAMS };
