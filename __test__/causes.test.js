'use strict';

// What a token source of the program threw: there for code that asks for it, and shown nowhere in its depths.

const http = require('node:http');
const { Writable } = require('node:stream');
const util = require('node:util');
const { setTimeout: delay } = require('node:timers/promises');

const axios = require('axios');
const pino = require('pino');
const winston = require('winston');

const { CXoneAuthClient, injectWithRetry } = require('..');
const { newBench, params, failure, until } = require('./support/bench');
const { runProgram } = require('./support/program');

const bench = newBench();
const CANARY = 'deep-canary';
let platform;

beforeEach(async () => {
  platform = await bench.platform();
});

const throwing = (thrown) =>
  bench.injectorWith(
    {
      getAccessToken: async () => {
        throw thrown;
      },
    },
    platform,
  );

describe('the cause', () => {
  test.each([
    ['an error', new Error('vault sealed')],
    ['a frozen error', Object.freeze(new Error('vault sealed'))],
    ['a text', 'vault sealed'],
    ['nothing', undefined],
    ['null', null],
    ['an object', { reason: 'sealed' }],
    ['a function', () => {}],
  ])('is %s, the very thing', async (_, thrown) => {
    const error = await failure(throwing(thrown).injectDTMF(params()));
    expect(Object.hasOwn(error, 'cause')).toBe(true);
    expect(error.cause).toBe(thrown);
    expect(error).toMatchObject({ code: 'ERR_DTMF_AUTH', delivery: 'not-sent', retryable: false });
  });

  test('is shared by injections that shared the call', async () => {
    let calls = 0;
    const thrown = new Error('vault sealed');
    const getAccessToken = async () => {
      calls += 1;
      await delay(300);
      throw thrown;
    };
    const injector = bench.injectorWith({ getAccessToken }, platform);
    const all = ['a', 'b', 'c'].map((callId) => failure(injector.injectDTMF(params({ callId }))));
    expect((await Promise.all(all)).map(({ cause }) => cause)).toEqual([thrown, thrown, thrown]);
    expect(calls).toBe(1);
  });

  test('is that of the last attempt', async () => {
    let calls = 0;
    const getAccessToken = async () => {
      calls += 1;
      throw Object.assign(new Error(`sealed ${calls}`), { code: 'ECONNRESET' });
    };
    const injector = bench.injectorWith({ getAccessToken }, platform, { retry: { baseMs: 1, capMs: 2 } });
    const error = await failure(injectWithRetry(injector, params(), 2));
    expect([error.cause.message, calls]).toEqual(['sealed 2', 2]);
  });

  test('is kept no longer than an error may need it', async () => {
    const { keep, keptUnder } = require('../lib/causes');
    const before = keep('before');
    await failure(throwing(new Error('vault sealed')).injectDTMF(params()));
    await until(() => keptUnder(before + 1) === undefined, 'the end of the cause');
    expect(keptUnder(before)).toEqual({ cause: 'before' });
  });
});

describe('whether it is worth another try', () => {
  const answer = (status, headers = {}) => ({ response: { status, headers } });
  test.each([
    ...['ECONNRESET', 'ECONNREFUSED', 'ETIMEDOUT', 'EAI_AGAIN', 'ENOTFOUND', 'ECONNABORTED', 'EPIPE'].map(
      (code) => [code, { code }, true],
    ),
    ['UND_ERR_CONNECT_TIMEOUT', { code: 'UND_ERR_CONNECT_TIMEOUT' }, true],
    ['a cause of fetch', { cause: { code: 'ECONNREFUSED' } }, true],
    ['a time-out by signal', { name: 'TimeoutError' }, true],
    ...[408, 425, 429, 500, 503].map((status) => [`axios ${status}`, answer(status), true]),
    ['got 502', { response: { statusCode: 502 } }, true],
    ['a bare 503', { status: 503 }, true],
    ...[400, 401, 403].map((status) => [`axios ${status}`, answer(status), false]),
    ['a certificate', { code: 'CERT_HAS_EXPIRED' }, false],
    ['anything else', {}, false],
  ])('%s', async (_, fields, retryable) => {
    const error = await failure(throwing(Object.assign(new Error('no'), fields)).injectDTMF(params()));
    expect(error).toMatchObject({ code: 'ERR_DTMF_AUTH', retryable });
  });

  test.each([
    ['seconds', { 'retry-after': '3' }, 3000],
    ['seconds of fetch', new Headers({ 'Retry-After': '3' }), 3000],
    ['seconds in capitals', { 'Retry-After': 3 }, 3000],
    [
      'a date',
      { 'retry-after': 'Sun, 06 Nov 1994 08:49:41 GMT', date: 'Sun, 06 Nov 1994 08:49:37 GMT' },
      4000,
    ],
    ['milliseconds', { 'retry-after-ms': '250' }, 250],
    ['what cannot be read', { 'retry-after': 'soon' }, undefined],
  ])('when: %s', async (_, headers, retryAfterMs) => {
    const thrown = Object.assign(new Error('no'), { response: { status: 429, headers } });
    const error = await failure(throwing(thrown).injectDTMF(params()));
    expect(error.retryAfterMs).toBe(retryAfterMs);
    expect(error.cause).toBe(thrown);
  });

  test('injectWithRetry tries again then', async () => {
    let calls = 0;
    const getAccessToken = async () => {
      calls += 1;
      if (calls < 3) throw Object.assign(new Error('no'), { code: 'ECONNREFUSED' });
      return 'own';
    };
    const injector = bench.injectorWith({ getAccessToken }, platform, { retry: { baseMs: 1, capMs: 2 } });
    expect((await injectWithRetry(injector, params())).audit.attempts).toBe(1);
    expect(calls).toBe(3);
  });
});

describe('with an error of axios', () => {
  let thrown;
  let error;

  beforeEach(async () => {
    const server = http.createServer((_, response) => response.writeHead(500).end(`{"token":"${CANARY}"}`));
    await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${server.address().port}/token`;
    const form = new URLSearchParams({ client_secret: CANARY });
    thrown = await failure(axios.post(url, form, { headers: { authorization: `Bearer ${CANARY}` } }));
    server.close();
    error = await failure(throwing(thrown).injectDTMF(params()));
  });

  /** What is shown holds what is told of the cause, and nothing of its depths. */
  const expectShallow = (text) => {
    expect(text).toContain('ERR_BAD_RESPONSE');
    expect(text).toContain('500');
    expect(text).toContain('Request failed with status code 500');
    expect(text).not.toContain(CANARY);
  };

  afterEach(() => expect(error.cause).toBe(thrown));

  test.each([
    {},
    { depth: 9 },
    { depth: Infinity, showHidden: true, getters: true },
    { depth: 9, customInspect: false },
  ])('util.inspect with %j', (options) => {
    expectShallow(util.inspect(error, options));
    expectShallow(util.inspect({ within: [error] }, { ...options, depth: 9 }));
  });

  test('JSON and the stack', () => {
    expect(JSON.parse(JSON.stringify(error))).toMatchObject({
      code: 'ERR_DTMF_AUTH',
      cause: {
        name: 'AxiosError',
        code: 'ERR_BAD_RESPONSE',
        status: 500,
        message: 'Request failed with status code 500',
      },
    });
    expectShallow(JSON.stringify({ error }));
    expectShallow(error.stack);
    expect(JSON.stringify(error.cause)).not.toContain(CANARY);
  });

  test('pino', () => {
    expectShallow(JSON.stringify(pino.stdSerializers.err(error)));
    expectShallow(JSON.stringify(pino.stdSerializers.errWithCause(error)));
    expectShallow(JSON.stringify(pino.stdSerializers.errWithCause(new Error('around', { cause: error }))));
    const lines = [];
    const sink = { write: (line) => lines.push(line) };
    pino({}, sink).error(error, 'failed');
    pino({ serializers: { err: pino.stdSerializers.errWithCause } }, sink).error({ err: error, error });
    lines.forEach(expectShallow);
  });

  test.each(['json', 'simple', 'logstash'])('winston in format %s', async (name) => {
    for (const first of [winston.format.errors({ stack: true, cause: true }), winston.format.timestamp()]) {
      const lines = [];
      const stream = new Writable({ write: (chunk, _, done) => done(void lines.push(String(chunk))) });
      const logger = winston.createLogger({
        format: winston.format.combine(first, winston.format[name]()),
        transports: [new winston.transports.Stream({ stream })],
      });
      logger.error('failed', error);
      logger.error(error);
      logger.log({ level: 'error', message: error });
      logger.error('failed', { error });
      await new Promise((resolve) => logger.end(resolve));
      expect(lines.join('')).toContain('ERR_DTMF_AUTH');
      expect(lines.join('')).not.toContain(CANARY);
    }
  });

  test('structuredClone', () => {
    expect(util.inspect(structuredClone(error), { depth: 9, showHidden: true })).not.toContain(CANARY);
  });
});

test('an error that ends the process shows nothing of its depths either', async () => {
  const source = `
    const { DtmfInjector } = require('cxone-dtmf');
    const { profile } = require(process.env.PROFILES);
    const thrown = Object.assign(new Error('vault sealed'), { config: { data: '${CANARY}' } });
    const injector = new DtmfInjector({ getAccessToken: async () => { throw thrown; } }, { apiUrl: '${platform.url}', logger: false, ...profile.config });
    injector.injectDTMF(JSON.parse(process.env.PARAMS));
  `;
  const ended = await runProgram(source, { env: { PARAMS: JSON.stringify(params()) } });
  expect(ended.code).toBe(1);
  expect(ended.stderr).toContain('vault sealed');
  expect(ended.stderr).not.toContain(CANARY);
});

test.each([
  ['https://user:deep-canary@vault.example/token?client_secret=deep-canary failed'],
  ['request to http://vault.example/?a=deep-canary, reason: none'],
  ['refused Bearer deep-canary'],
])('a message keeps what an address hides: %s', async (message) => {
  const error = await failure(throwing(new Error(message)).injectDTMF(params()));
  expect(error.cause.message).toBe(message);
  expect([error.stack, JSON.stringify(error), util.inspect(error)].join()).not.toContain(CANARY);
});

test('what a client of this package threw, wrapped, is told as it is', async () => {
  const auth = new CXoneAuthClient({ ...platform.credentials, logger: false });
  platform.answerToken({ grant: { scope: 'telephony:call:control' } });
  const wrapped = { getAccessToken: (options) => auth.getAccessToken(options) };
  const error = await failure(bench.injectorWith(wrapped, platform).injectDTMF(params()));
  expect(error.code).toBe('ERR_DTMF_SCOPE');
  expect(error.message).toBe(error.cause.message);
});
