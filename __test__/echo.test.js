'use strict';

// A platform, or a proxy before it, that says again what it was told in confidence.

const { newBench, params, failure, printed } = require('./support/bench');

const bench = newBench();
const TOKEN = 'echo-canary/tok+en1=';
const KEY = 'echo-canary-key-77';
const FORMS = [TOKEN, encodeURIComponent(TOKEN), KEY];
let platform;

beforeEach(async () => {
  platform = await bench.platform();
});

/** Says every header of the request again, in the way given. */
const echo = (answer) => (record) => answer(record.headers);

const injectorThatLogs = (lines, config) => {
  const take = (...args) => void lines.push(JSON.stringify(args));
  return bench.injectorWith({ getAccessToken: async () => TOKEN }, platform, {
    logger: { info: take, warn: take, error: take },
    headers: { 'X-Api-Key': KEY },
    ...config,
  });
};

const BODIES = [
  ['in strings', (h) => ({ echo: h.authorization, key: h['x-api-key'], deep: [{ a: [h.authorization] }] })],
  ['in keys', (h) => ({ [h.authorization]: 1, deep: { [h['x-api-key']]: [2] } })],
  ['in text', (h) => `you said ${h.authorization} and ${h['x-api-key']}.`],
  [
    'percent-encoded',
    (h) => ({ query: `?token=${encodeURIComponent(h.authorization)}&k=${h['x-api-key']}` }),
  ],
  ['all of the request', (h) => ({ headers: h })],
];

describe.each([['masked'], ['clear']])('digits: %s', (digits) => {
  test.each(BODIES)('a body that has token and headers %s', async (_, body) => {
    const lines = [];
    const injector = injectorThatLogs(lines, { digits });
    const seen = [];
    injector.registerCTIMonitor((event) => void seen.push(event));
    platform.answer(echo((headers) => ({ status: 400, body: body(headers) })));
    const error = await failure(injector.injectDTMF(params()));
    // The request had them, so that the answer could.
    expect(platform.injections()[0].headers).toMatchObject({
      authorization: `Bearer ${TOKEN}`,
      'x-api-key': KEY,
    });
    expect(error).toMatchObject({ code: 'ERR_DTMF_REJECTED', response: { status: 400 } });
    const text = [printed(error), ...lines, JSON.stringify(seen)].join('\n');
    for (const form of FORMS) expect(text).not.toContain(form);
    expect(JSON.stringify(error.response.data)).toContain('*****');
  });
});

test('headers of the answer', async () => {
  const lines = [];
  platform.answer(
    echo((headers) => ({
      status: 403,
      headers: {
        'x-echo': headers.authorization,
        'x-both': `${headers['x-api-key']}, ${encodeURIComponent(headers.authorization)}`,
        [`x-${headers['x-api-key']}`]: '1',
        'set-cookie': ['sid=echo-canary-cookie', 'other=echo-canary-cookie'],
        authorization: headers.authorization,
        'proxy-authorization': 'Basic echo-canary-proxy',
        'authentication-info': 'nextnonce="echo-canary-nonce"',
        'x-request-id': 'kept',
      },
    })),
  );
  const error = await failure(injectorThatLogs(lines).injectDTMF(params()));
  const text = [printed(error), ...lines].join('\n');
  expect(text).not.toMatch(/echo-canary/);
  for (const form of FORMS) expect(text).not.toContain(form);
  const { headers } = error.response;
  for (const name of ['set-cookie', 'authorization', 'proxy-authorization', 'authentication-info']) {
    expect(headers).not.toHaveProperty(name);
  }
  expect(headers).toMatchObject({ 'x-request-id': 'kept', 'x-echo': 'Bearer *****' });
});

test('the token of this package’s own client', async () => {
  const injector = bench.injector(platform);
  platform.answer(
    echo((headers) => ({ status: 400, headers: { 'x-echo': headers.authorization }, body: headers })),
  );
  const error = await failure(injector.injectDTMF(params()));
  expect(platform.injections()[0].headers.authorization).toBe('Bearer token-canary-1');
  expect(printed(error)).not.toContain('token-canary');
});

test('after a 401, neither the old token nor the new one', async () => {
  const injector = bench.injector(platform);
  platform.usualInjection = echo((headers) => ({
    status: 401,
    headers: { 'www-authenticate': `Bearer error="${headers.authorization}"` },
    body: { token: headers.authorization },
  }));
  const error = await failure(injector.injectDTMF(params()));
  expect(platform.injections()).toHaveLength(2);
  expect(error.code).toBe('ERR_DTMF_AUTH');
  expect(printed(error)).not.toContain('token-canary');
});

test('an outcome that stays unknown', async () => {
  const injector = bench.injector(platform);
  platform.answer(echo((headers) => ({ status: 504, body: { token: headers.authorization } })));
  const error = await failure(injector.injectDTMF(params()));
  expect(error).toMatchObject({ code: 'ERR_DTMF_OUTCOME_UNKNOWN', response: { status: 504 } });
  expect(printed(error)).not.toContain('token-canary');
});
