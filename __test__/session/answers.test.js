'use strict';

// Every answer that NICE documents for `send-dtmf`, and those that stand before it: what becomes of the digits, and
// what a program is told.

const { injectWithRetry } = require('../..');
const { newBench, QUICK_RETRY, failure, printed } = require('../support/bench');

const bench = newBench();
const DIGITS = '4929187350';
const PRESS = { sessionId: 'session-1', dtmfString: DIGITS };
let platform;
let injector;

beforeEach(async () => {
  platform = await bench.platform();
  injector = bench.injector(platform, { api: 'agent-session', playout: 'none', retry: QUICK_RETRY });
});

/** The error after up to three attempts. */
const refusedBy = async (step) => {
  platform.usualInjection = step;
  return failure(injectWithRetry(injector, PRESS, 3));
};

describe('the request', () => {
  const sent = async (config, params = PRESS) => {
    const own = bench.injector(platform, { api: 'agent-session', playout: 'none', ...config });
    await own.injectDTMF(params);
    return platform.injections()[0];
  };

  test('json, as NICE’s SDK sends it', async () => {
    const request = await sent({}, { ...PRESS, dtmfString: '12*#', toneDuration: 200, interDigitPause: 80 });
    expect(request).toMatchObject({
      method: 'POST',
      path: '/InContactAPI/services/v23.0/agent-sessions/session-1/send-dtmf',
      body: '{"dtmfSequence":"12*#","toneDurationMS":200,"toneSpacingMS":80}',
    });
    expect(request.headers).toMatchObject({
      'content-type': 'application/json',
      'content-length': '63',
      accept: 'application/json',
      authorization: 'Bearer token-canary-1',
    });
  });

  test('query, as the portal documents it', async () => {
    const request = await sent({ encoding: 'query' }, { ...PRESS, dtmfString: '12*#' });
    expect(request).toMatchObject({
      method: 'POST',
      path: '/InContactAPI/services/v23.0/agent-sessions/session-1/send-dtmf?dtmfSequence=12*%23&toneDurationMS=120&toneSpacingMS=120',
      body: '',
    });
    expect(request.headers).toMatchObject({ accept: 'application/json', 'content-length': '0' });
    expect(request.headers).not.toHaveProperty('content-type');
  });
});

test.each([
  ['202 without a body', { status: 202, body: '' }, null],
  ['202 with JSON', { status: 202, body: { a: 1 } }, { a: 1 }],
  ['200', { status: 200, body: '' }, null],
])('%s is accepted', async (_, step, data) => {
  platform.answer(step);
  const result = await injector.injectDTMF(PRESS);
  expect(result).toMatchObject({ success: true, data, audit: { delivery: 'accepted', attempts: 1 } });
});

describe('what was declined for good is refused after one attempt', () => {
  test.each([
    [400, 'ERR_DTMF_REJECTED'],
    [403, 'ERR_DTMF_FORBIDDEN'],
    [404, 'ERR_DTMF_REJECTED'],
    [409, 'ERR_DTMF_CONFLICT'],
  ])('%i', async (status, code) => {
    expect(await refusedBy({ status })).toMatchObject({ code, delivery: 'refused', attempts: 1 });
    expect(platform.injections()).toHaveLength(1);
  });

  test('401 asks once for a new token, and no more', async () => {
    expect(await refusedBy({ status: 401 })).toMatchObject({ code: 'ERR_DTMF_AUTH', delivery: 'refused' });
    expect(platform.injections().map(({ headers }) => headers.authorization)).toEqual([
      'Bearer token-canary-1',
      'Bearer token-canary-2',
    ]);
  });

  test('401 once is no attempt of the caller', async () => {
    platform.answer({ status: 401 }, {});
    await expect(injector.injectDTMF(PRESS)).resolves.toMatchObject({ success: true });
    expect(platform.tokenRequests()).toHaveLength(2);
  });
});

describe('what was declined for now is sent again', () => {
  const soon = () => new Date(Math.ceil(Date.now() / 1000 + 1) * 1000);

  test.each([
    ['429', () => ({ status: 429 }), 499],
    ['429 with seconds', () => ({ status: 429, headers: { 'retry-after': '1' } }), 999],
    ['503 with seconds', () => ({ status: 503, headers: { 'retry-after': '1' } }), 999],
    ['425', () => ({ status: 425 }), 0],
  ])('%s', async (_, step, leastMs) => {
    platform.answer(step(), {});
    const result = await injectWithRetry(injector, PRESS, 3);
    expect(result.audit).toMatchObject({ attempts: 2, delivery: 'accepted' });
    const [first, second] = platform.injections();
    expect(second.at - first.answeredAt).toBeGreaterThanOrEqual(leastMs);
  });

  test('429 with a date, which is never undercut', async () => {
    const date = soon();
    platform.answer({ status: 429, headers: { 'retry-after': date.toUTCString() } }, {});
    await injectWithRetry(injector, PRESS, 3);
    expect(platform.injections()).toHaveLength(2);
    expect(platform.injections()[1].wallAt).toBeGreaterThanOrEqual(date.getTime() - 5);
  });
});

describe('what may have been carried out is unknown and not sent again', () => {
  test.each([408, 500, 502, 503, 504, 529])('%i', async (status) => {
    const error = await refusedBy({ status });
    expect(error).toMatchObject({
      code: 'ERR_DTMF_OUTCOME_UNKNOWN',
      delivery: 'unknown',
      safeToResend: false,
      attempts: 1,
      response: { status },
    });
    expect(platform.injections()).toHaveLength(1);
  });
});

describe('what the platform says of it', () => {
  test.each([
    ['error and error_description', { error: 'e', error_description: 'no such session' }, 'no such session'],
    ['message and route', { message: 'no such route', route: '/x' }, 'no such route'],
    ['errorCode and message', { errorCode: 404, message: 'no such session' }, 'no such session'],
    ['HTML', '<html><body>Not Found</body></html>', 'from the header'],
    ['nothing', '', 'from the header'],
  ])('%s', async (_, body, reason) => {
    const headers = { icStatusDescription: 'from the header', 'x-trace-id': 'trace-1', 'x-other': 'kept' };
    const { response } = await refusedBy({ status: 404, headers, body });
    expect(response).toMatchObject({ status: 404, reason, traceId: 'trace-1', data: body || null });
    expect(response.headers).toMatchObject({
      icstatusdescription: 'from the header',
      'x-trace-id': 'trace-1',
      'x-other': 'kept',
    });
  });

  test('where it says nothing there is no reason and no trace', async () => {
    const { response } = await refusedBy({ status: 404, body: '<html></html>' });
    expect(Object.keys(response).sort()).toEqual(['data', 'headers', 'status']);
  });

  test.each([
    ['error_description', { body: { error: 'e', error_description: `cannot play ${DIGITS}` } }],
    ['message', { body: { errorCode: 1, message: `cannot play ${DIGITS}` } }],
    ['HTML', { body: `<p>cannot play ${DIGITS}</p>`, headers: { icStatusDescription: `play ${DIGITS}` } }],
    ['headers', { body: '', headers: { icStatusDescription: `play ${DIGITS}`, 'x-trace-id': DIGITS } }],
    ['the address', { body: { message: 'no route', route: `/send-dtmf?dtmfSequence=${DIGITS}` } }],
  ])('digits that it repeats in %s are masked', async (_, step) => {
    const lines = [];
    const take = (...args) => void lines.push(JSON.stringify(args));
    const logger = { info: take, warn: take, error: take };
    for (const encoding of ['json', 'query']) {
      const own = bench.injector(platform, { api: 'agent-session', encoding, logger, playout: 'none' });
      platform.answer({ status: 400, ...step });
      const error = await failure(own.injectDTMF(PRESS));
      expect(error.response.reason).toEqual(expect.any(String));
      expect(printed(error)).not.toContain(DIGITS);
    }
    expect(lines.join('\n')).not.toContain(DIGITS);
  });
});
