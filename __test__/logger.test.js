'use strict';

const { injectWithRetry } = require('..');
const { newBench, params, QUICK_RETRY, failure, until } = require('./support/bench');
const { runProgram, jsonLines } = require('./support/program');

const bench = newBench();
const DIGITS = '4929187350';
let platform;

beforeEach(async () => {
  platform = await bench.platform();
});

/** A logger of the kind that takes the message first: winston, console. It needs its `this`. */
class MessageFirst {
  #lines = [];
  info(...args) {
    this.#lines.push(['info', ...args]);
  }
  warn(...args) {
    this.#lines.push(['warn', ...args]);
  }
  error(...args) {
    this.#lines.push(['error', ...args]);
  }
  get lines() {
    return this.#lines;
  }
  get messages() {
    return this.#lines.map(([, message]) => message);
  }
}

/** A logger of the kind that takes the fields first: pino. */
class FieldsFirst extends MessageFirst {
  bindings() {
    return {};
  }
  get messages() {
    return this.lines.map(([, , message]) => message);
  }
}

const PROGRAM = `
const { profile } = require(process.env.PROFILES);
const { CXoneAuthClient, DtmfInjector, injectWithRetry } = require('cxone-dtmf');
(async () => {
  const auth = new CXoneAuthClient(JSON.parse(process.env.CREDENTIALS));
  const config = { apiUrl: process.env.URL, retry: { baseMs: 1, capMs: 2 }, ...profile.config };
  if (process.env.SILENT) config.logger = false;
  const injector = new DtmfInjector(auth, config);
  const params = JSON.parse(process.env.PARAMS);
  await injectWithRetry(injector, params, 3);
  await injectWithRetry(injector, params, 3).catch(() => {});
})();
`;

describe('by default', () => {
  const env = (more) => ({
    URL: platform.url,
    CREDENTIALS: JSON.stringify(platform.credentials),
    PARAMS: JSON.stringify(params()),
    ...more,
  });

  test('lines are JSON on standard output', async () => {
    platform.answer({ status: 429, headers: { 'retry-after': '1' } }, {}, { status: 404 });
    const ended = await runProgram(PROGRAM, { env: env() });
    expect(ended).toMatchObject({ code: 0, stderr: '' });
    const lines = jsonLines(ended.stdout);
    expect(lines).toHaveLength(ended.stdout.trim().split('\n').length);
    expect(lines.map((line) => [line.level, line.message])).toEqual([
      ['info', 'OAuth token refreshed successfully'],
      ['warn', expect.stringMatching(/^Rate limit hit\. Retrying in \d+(\.\d+)?s \(attempt 1\/3\)$/)],
      ['info', 'DTMF injection completed'],
      ['error', 'DTMF injection failed'],
    ]);
    for (const line of lines) expect(new Date(line.timestamp).toISOString()).toBe(line.timestamp);
    for (const canary of [DIGITS, 'token-canary', platform.clientSecret])
      expect(ended.stdout).not.toContain(canary);
  });

  test('logger: false is silence', async () => {
    platform.answer({}, { status: 404 });
    const ended = await runProgram(PROGRAM, { env: env({ SILENT: '1' }) });
    expect(ended).toMatchObject({ code: 0, stdout: '', stderr: '' });
  });
});

test('winston and console get the message first', async () => {
  const logger = new MessageFirst();
  await bench.injector(platform, { logger }, { logger: undefined }).injectDTMF(params());
  expect(logger.messages).toEqual(['OAuth token refreshed successfully', 'DTMF injection completed']);
  const [level, , fields] = logger.lines[1];
  expect(level).toBe('info');
  expect(fields).toEqual(expect.objectContaining({ callId: 'call-1' }));
  expect(Object.getPrototypeOf(fields)).toBe(Object.prototype);
});

test('pino is known by its bindings and gets the fields first', async () => {
  const logger = new FieldsFirst();
  await bench.injector(platform, { logger }, { logger: undefined }).injectDTMF(params());
  expect(logger.messages).toEqual(['OAuth token refreshed successfully', 'DTMF injection completed']);
  for (const [, fields] of logger.lines) expect(typeof fields).toBe('object');
});

test('a failure is an error line with its code', async () => {
  const logger = new MessageFirst();
  platform.answer({ status: 404, body: { message: `no call for ${DIGITS}` } });
  const error = await failure(bench.injector(platform, { logger }).injectDTMF(params()));
  const [level, message, fields] = logger.lines.at(-1);
  expect([level, message]).toEqual(['error', 'DTMF injection failed']);
  expect(JSON.stringify(fields)).toContain(error.code);
  expect(JSON.stringify(logger.lines)).not.toContain(DIGITS);
});

test('invalid input is a failure line without the value', async () => {
  const logger = new MessageFirst();
  await failure(bench.injector(platform, { logger }).injectDTMF(params({ callId: `../${DIGITS}` })));
  expect(logger.messages).toEqual(['DTMF injection failed']);
  expect(JSON.stringify(logger.lines)).not.toContain(DIGITS);
});

test('the line of a rate limit tells the wait and the attempt', async () => {
  const logger = new MessageFirst();
  const injector = bench.injector(platform, { logger, retry: QUICK_RETRY });
  platform.answer(
    { status: 429, headers: { 'retry-after': '1' } },
    { status: 429, headers: { 'retry-after': '1' } },
  );
  await injectWithRetry(injector, params(), 4);
  const limits = logger.messages.filter((message) => message.startsWith('Rate limit hit'));
  expect(limits).toEqual([
    expect.stringMatching(/^Rate limit hit\. Retrying in \d+(\.\d+)?s \(attempt 1\/4\)$/),
    expect.stringMatching(/^Rate limit hit\. Retrying in \d+(\.\d+)?s \(attempt 2\/4\)$/),
  ]);
});

test('each object logs through its own logger', async () => {
  const [ofAuth, first, second] = [new MessageFirst(), new MessageFirst(), new FieldsFirst()];
  await bench.injector(platform, { logger: first }, { logger: ofAuth }).injectDTMF(params());
  await bench.injector(platform, { logger: second }).injectDTMF(params());
  expect(ofAuth.messages).toEqual(['OAuth token refreshed successfully']);
  expect(first.messages).toEqual(['DTMF injection completed']);
  expect(second.messages).toEqual(['DTMF injection completed']);
});

test('a failing logger changes nothing', async () => {
  const broken = {};
  for (const level of ['info', 'warn', 'error']) {
    broken[level] = () => {
      throw new Error('disk full');
    };
  }
  const injector = bench.injector(platform, { logger: broken }, { logger: broken });
  const seen = [];
  injector.registerCTIMonitor((event) => void seen.push(event.event));
  await injector.injectDTMF(params());
  platform.answer({ status: 404 });
  expect(await failure(injector.injectDTMF(params()))).toMatchObject({ code: 'ERR_DTMF_REJECTED' });
  expect(seen).toEqual(['dtmf.injected', 'dtmf.failed']);
});

test("digits: 'clear' shows them in lines too, tokens and secrets never", async () => {
  const logger = new MessageFirst();
  await bench.injector(platform, { logger, digits: 'clear' }, { logger: undefined }).injectDTMF(params());
  const text = JSON.stringify(logger.lines);
  expect(text).toContain(DIGITS);
  expect(text).not.toContain('token-canary');
  expect(text).not.toContain(platform.clientSecret);
});

describe('the real ones', () => {
  const { Writable } = require('node:stream');

  function sink() {
    const lines = [];
    const stream = new Writable({
      write(chunk, _, done) {
        lines.push(
          ...String(chunk)
            .trim()
            .split('\n')
            .map((line) => JSON.parse(line)),
        );
        done();
      },
    });
    return { lines, stream };
  }

  test('winston', async () => {
    const winston = require('winston');
    const { lines, stream } = sink();
    const logger = winston.createLogger({
      format: winston.format.json(),
      transports: [new winston.transports.Stream({ stream })],
    });
    await bench.injector(platform, { logger }).injectDTMF(params());
    await until(() => lines.length > 0);
    logger.close();
    expect(lines).toEqual([
      expect.objectContaining({ level: 'info', message: 'DTMF injection completed', callId: 'call-1' }),
    ]);
  });

  test('pino', async () => {
    const pino = require('pino');
    const { lines, stream } = sink();
    await bench.injector(platform, { logger: pino(stream) }).injectDTMF(params());
    expect(lines).toEqual([
      expect.objectContaining({ level: 30, msg: 'DTMF injection completed', callId: 'call-1' }),
    ]);
  });
});
