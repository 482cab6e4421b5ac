'use strict';

// injectWithRetry around an injectDTMF that is not the package's own: the same policy, in a loop of JavaScript.

const http = require('node:http');

const axios = require('axios');

const { CXoneAuthClient, DtmfInjector, injectWithRetry } = require('..');
const { newBench, params, failure, until } = require('./support/bench');

const bench = newBench();

/** As axios rejects. */
function answered(status, headers = {}) {
  return Object.assign(new Error(`Request failed with status code ${status}`), {
    name: 'AxiosError',
    code: status < 500 ? 'ERR_BAD_REQUEST' : 'ERR_BAD_RESPONSE',
    response: { status, headers },
  });
}

const SOON = { 'retry-after-ms': '1' };

/** An injector by shape alone, that fails with each of these, one after the other. */
function failing(...outcomes) {
  const stub = {
    calls: [],
    async injectDTMF(...args) {
      stub.calls.push(args);
      const outcome = outcomes[Math.min(stub.calls.length, outcomes.length) - 1];
      if (outcome !== 'accepted') throw outcome;
      return { success: true };
    },
  };
  return stub;
}

const P = () => ({
  telephonyProviderId: 'provider-1',
  lineId: 'line-1',
  callId: 'call-7',
  dtmfString: '1234#',
  dtmfType: 'RFC2833',
  interDigitPause: 100,
});
const SESSION = { sessionId: 'session-7', dtmfString: '1' };

let written;
beforeEach(() => {
  written = [];
  jest.spyOn(process.stdout, 'write').mockImplementation((text) => written.push(text) > 0);
});
afterEach(() => jest.restoreAllMocks());

const lines = () =>
  written.map((text) => JSON.parse(text)).map(({ level, message }) => `${level}: ${message}`);

test.each([
  ['a 429', answered(429, SOON)],
  ['a 500', answered(500, SOON)],
  ['a 503', answered(503, SOON)],
  ['no connection', Object.assign(new Error('no'), { code: 'ECONNREFUSED' })],
  ['no name', Object.assign(new Error('no'), { code: 'EAI_AGAIN' })],
])('%s is tried again', async (_, thrown) => {
  const stub = failing(thrown, thrown, 'accepted');
  expect(await injectWithRetry(stub, P())).toEqual({ success: true });
  expect(stub.calls).toHaveLength(3);
});

test.each([
  ['a 408', answered(408)],
  ['a 502', answered(502)],
  ['a 504', answered(504)],
  ['a 599', answered(599)],
  ['a time-out', Object.assign(new Error('no'), { code: 'ECONNABORTED' })],
  ['a lost connection', Object.assign(new Error('no'), { code: 'ECONNRESET' })],
  ['anything unknown', new Error('no')],
  ['a 401', answered(401)],
  ['a 400', answered(400)],
  ['a 200', answered(200)],
  ['nothing', undefined],
  ['a text', 'no'],
])('%s is not, and comes out as it is', async (_, thrown) => {
  const stub = failing(thrown, 'accepted');
  expect(await failure(injectWithRetry(stub, P()))).toBe(thrown);
  expect(stub.calls).toHaveLength(1);
});

test('a 500 of a session is unknown', async () => {
  const stub = failing(answered(500, SOON), 'accepted');
  await failure(injectWithRetry(stub, SESSION));
  expect(stub.calls).toHaveLength(1);
  expect(await injectWithRetry(failing(answered(429, SOON), 'accepted'), SESSION)).toEqual({ success: true });
});

test('warns in the words of the tutorial', async () => {
  const thrown = answered(429, { 'retry-after-ms': '20' });
  await injectWithRetry(failing(thrown, answered(503, SOON), 'accepted'), P(), 4);
  expect(lines()).toEqual([
    // A wait of less than a second shortens no back-off.
    expect.stringMatching(/^warn: Rate limit hit\. Retrying in [\d.]+s \(attempt 1\/4\)$/),
    expect.stringMatching(
      /^warn: Attempt failed \(ERR_DTMF_SERVER\)\. Retrying in [\d.]+s \(attempt 2\/4\)$/,
    ),
  ]);
});

test('waits as long as it was told', async () => {
  const before = Date.now();
  await injectWithRetry(failing(answered(429, { 'retry-after': '1' }), 'accepted'), P());
  expect(Date.now() - before).toBeGreaterThanOrEqual(999);
});

test('gives up with the last error after so many attempts, or none', async () => {
  const thrown = answered(429, SOON);
  const stub = failing(thrown);
  expect(await failure(injectWithRetry(stub, P(), 2))).toBe(thrown);
  expect(stub.calls).toHaveLength(2);
  const once = failing(thrown);
  expect(await failure(injectWithRetry(once, P(), 1))).toBe(thrown);
  expect(once.calls).toHaveLength(1);
});

test('gives up at once where the wait would pass the deadline', async () => {
  const thrown = answered(429, { 'retry-after': '60' });
  const stub = failing(thrown);
  expect(await failure(injectWithRetry(stub, P()))).toBe(thrown);
  expect(await failure(injectWithRetry(stub, P(), 3, { deadlineMs: 500 }))).toBe(thrown);
  expect(stub.calls).toHaveLength(2);
});

test('a 409 reads as in the tutorial', async () => {
  const thrown = answered(409);
  const error = await failure(injectWithRetry(failing(thrown), P()));
  expect(error).toMatchObject({
    code: 'ERR_DTMF_CONFLICT',
    delivery: 'refused',
    safeToResend: true,
    retryable: false,
    attempts: 1,
    message: 'Channel conflict: call call-7 is currently locked by another process',
    response: { status: 409 },
  });
  expect(error.cause).toBe(thrown);
});

test.each([[0], [-1], [1.5], [NaN], ['3'], [null]])(
  'maxRetries %p is refused as ever',
  async (maxRetries) => {
    const stub = failing('accepted');
    const error = await failure(injectWithRetry(stub, P(), maxRetries));
    expect(error).toMatchObject({
      code: 'ERR_DTMF_INVALID',
      message: expect.stringContaining('maxAttempts'),
    });
    expect(stub.calls).toHaveLength(0);
  },
);

test('so is an option that is none, and one that throws', async () => {
  const stub = failing('accepted');
  expect(await failure(injectWithRetry(stub, P(), 3, { deadlinesMs: 1 }))).toMatchObject({
    code: 'ERR_DTMF_INVALID',
    message: expect.stringContaining('deadlineMs'),
  });
  const throwing = {
    get deadlineMs() {
      throw new Error('canary');
    },
  };
  const error = await failure(injectWithRetry(stub, P(), 3, throwing));
  expect(error).toMatchObject({ code: 'ERR_DTMF_INVALID' });
  expect(error.message).not.toContain('canary');
  expect(stub.calls).toHaveLength(0);
});

test('options go along with each attempt, without those of the loop', async () => {
  const stub = failing(answered(429, SOON), 'accepted');
  await injectWithRetry(stub, P(), 3, { correlationId: 'order-7', deadlineMs: 5000 });
  expect(stub.calls.map(([, options]) => Object.keys(options))).toEqual([
    ['correlationId', 'deadlineMs'],
    ['correlationId', 'deadlineMs'],
  ]);
  expect(stub.calls[1][1].deadlineMs).toBeLessThanOrEqual(5000);
});

test('a signal ends the wait, and lets nothing begin', async () => {
  const controller = new AbortController();
  const reason = new Error('enough');
  const stub = failing(answered(429, { 'retry-after': '20' }), 'accepted');
  const ended = failure(injectWithRetry(stub, P(), 3, { signal: controller.signal }));
  await until(() => written.length === 1, 'the warning');
  controller.abort(reason);
  const error = await ended;
  expect(error).toMatchObject({ code: 'ABORT_ERR', name: 'AbortError', delivery: 'refused', attempts: 1 });
  expect(error.cause).toBe(reason);
  const late = await failure(injectWithRetry(stub, P(), 3, { signal: controller.signal }));
  expect(late).toMatchObject({ code: 'ABORT_ERR', delivery: 'not-sent', attempts: 0 });
  expect(stub.calls).toHaveLength(1);
});

test('digits that are bytes are there for each attempt, and wiped at the end', async () => {
  const given = { ...P(), dtmfString: Buffer.from('4711') };
  const seen = [];
  const stub = {
    async injectDTMF({ dtmfString, callId }) {
      seen.push(`${callId} ${Buffer.from(dtmfString).toString('latin1')}`);
      dtmfString.fill(0);
      if (seen.length < 2) throw answered(429, SOON);
      return { success: true };
    },
  };
  await injectWithRetry(stub, given);
  expect(seen).toEqual(['call-7 4711', 'call-7 4711']);
  expect([...given.dtmfString]).toEqual([0, 0, 0, 0]);
});

test('no params are told to the stub as they are', async () => {
  const stub = failing(new TypeError('no params'));
  expect(await failure(injectWithRetry(stub, null))).toBeInstanceOf(TypeError);
});

test.each([[undefined], [null], [{}], ['injector']])('%p is no injector, and says so', async (injector) => {
  expect(await failure(injectWithRetry(injector, P()))).toMatchObject({
    code: 'ERR_DTMF_INVALID',
    message: expect.stringContaining('injectDTMF'),
  });
});

describe('around injections of this package', () => {
  let platform;
  let auth;
  const log = [];
  const logger = { info() {}, error() {}, warn: (message) => log.push(message) };

  beforeEach(async () => {
    log.length = 0;
    platform = await bench.platform();
    auth = new CXoneAuthClient({ ...platform.credentials, logger: false });
  });

  test('a Proxy or a subclass is tried again by what the errors say, and warns by its logger', async () => {
    class Own extends DtmfInjector {
      async injectDTMF(given, options) {
        return super.injectDTMF(given, options);
      }
    }
    const plain = bench.injectorWith(auth, platform, { logger });
    const own = new Own(auth, bench.config(platform, { logger }));
    for (const injector of [new Proxy(plain, {}), own]) {
      platform.answer({ status: 429, headers: { 'Retry-After': '1' } }, {});
      const { audit } = await injectWithRetry(injector, params());
      // Each attempt is an injection of its own.
      expect(audit.attempts).toBe(1);
    }
    await own.close();
    expect(platform.injections()).toHaveLength(4);
    expect(log).toEqual([
      expect.stringMatching(/^Rate limit hit\. Retrying in 1(\.\d+)?s \(attempt 1\/3\)$/),
      expect.stringMatching(/^Rate limit hit\. Retrying in 1(\.\d+)?s \(attempt 1\/3\)$/),
    ]);
  });

  test('an unknown outcome is not sent again', async () => {
    const proxy = new Proxy(bench.injectorWith(auth, platform), {});
    platform.answer({ status: 502 }, {});
    expect(await failure(injectWithRetry(proxy, params()))).toMatchObject({ delivery: 'unknown' });
    expect(platform.injections()).toHaveLength(1);
  });

  test('bytes are pressed as they are, also the second time', async () => {
    const proxy = new Proxy(bench.injectorWith(auth, platform), {});
    platform.answer({ status: 429, headers: { 'Retry-After': '1' } }, {});
    await injectWithRetry(proxy, params({ dtmfString: Buffer.from('4711') }));
    expect(platform.injections().map(({ body }) => body.includes('4711'))).toEqual([true, true]);
  });
});

test('with axios itself', async () => {
  let asked = 0;
  const server = http.createServer((_, response) => {
    asked += 1;
    response.writeHead(asked < 2 ? 503 : 200, { 'retry-after': '1' }).end('{}');
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${server.address().port}/`;
  const stub = { injectDTMF: async () => (await axios.post(url, {})).status };
  expect(await injectWithRetry(stub, P())).toBe(200);
  expect(asked).toBe(2);
  server.close();
});
