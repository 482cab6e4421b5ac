'use strict';

// The engine's own lines: to a logger that takes debug lines, or to standard error when the environment says so.

const pino = require('pino');
const winston = require('winston');

const { newBench, settle, QUICK_RETRY } = require('./support/bench');
const { profile } = require('./support/profiles');
const { runProgram } = require('./support/program');

const bench = newBench();
const { params } = profile;

const SECRETS = [params().dtmfString, 'token-canary', 'secret-canary'];

function logger(more = {}) {
  const lines = [];
  const take =
    (level) =>
    (message, fields = {}) =>
      lines.push({ level, message, ...fields });
  return {
    lines,
    ...Object.fromEntries(['debug', 'info', 'warn', 'error'].map((l) => [l, take(l)])),
    ...more,
  };
}

async function press(log) {
  const platform = await bench.platform();
  const injector = bench.injector(platform, { logger: log, retry: QUICK_RETRY });
  platform.answer({ status: 500 }, {});
  const { audit } = await injector.injectDTMF(params(), { maxAttempts: 2 });
  return audit;
}

test('every step of an injection is told, by its id', async () => {
  const log = logger();
  const { injectionId } = await press(log);
  const own = log.lines.filter((line) => line.level === 'debug' && line.injectionId === injectionId);
  expect(own.map(({ message }) => message)).toEqual([
    'the call is locked',
    'sending digits',
    'the attempt ended',
    'will send again',
    'sending digits',
    'the attempt ended',
    'settled',
  ]);
  expect(own[2]).toMatchObject({ attempt: 1, handedOver: true, status: 500 });
  expect(own[6]).toMatchObject({ delivery: 'accepted' });
  for (const secret of SECRETS) expect(JSON.stringify(log.lines)).not.toContain(secret);
});

test('a logger with levels is asked, and two injectors keep their lines apart', async () => {
  const silent = logger({ isLevelEnabled: (level) => level !== 'debug' });
  const talking = logger({ isLevelEnabled: () => true });
  const [, { injectionId }] = await Promise.all([press(silent), press(talking)]);
  expect(silent.lines.filter(({ level }) => level === 'debug')).toEqual([]);
  const ids = talking.lines.filter(({ level }) => level === 'debug').map((line) => line.injectionId);
  expect(new Set(ids.filter(Boolean))).toEqual(new Set([injectionId]));
});

test('pino and winston take them at level debug, well-formed', async () => {
  const lines = [];
  const stream = { write: (line) => lines.push(JSON.parse(line)) };
  const { injectionId: withPino } = await press(pino({ level: 'debug' }, stream));
  const winstonLines = [];
  const { Writable } = require('node:stream');
  const sink = new Writable({
    write(chunk, _encoding, done) {
      winstonLines.push(JSON.parse(String(chunk)));
      done();
    },
  });
  const made = winston.createLogger({
    level: 'debug',
    format: winston.format.json(),
    transports: [new winston.transports.Stream({ stream: sink })],
  });
  const { injectionId: withWinston } = await press(made);
  expect(lines.find(({ msg }) => msg === 'settled')).toMatchObject({ level: 20, injectionId: withPino });
  expect(winstonLines.find(({ message }) => message === 'settled')).toMatchObject({
    level: 'debug',
    injectionId: withWinston,
  });
});

test('a logger that throws at debug changes nothing', async () => {
  const log = logger({
    debug() {
      throw new Error('full');
    },
  });
  expect((await settle(press(log))).ok).toBe(true);
});

test.each([
  ['debug', true],
  ['', false],
])('CXONE_DTMF_LOG=%s: lines on standard error: %s', async (CXONE_DTMF_LOG, told) => {
  const program = `
    const { CXoneAuthClient, DtmfInjector } = require('cxone-dtmf');
    const { startPlatform } = require(process.env.PLATFORM);
    const { profile } = require(process.env.PROFILES);
    (async () => {
      const platform = await startPlatform();
      const auth = new CXoneAuthClient({ ...platform.credentials, logger: false });
      const injector = new DtmfInjector(auth, { apiUrl: platform.url, logger: false, ...profile.config });
      await injector.injectDTMF(profile.params());
      await injector.close();
      await platform.stop();
    })();`;
  const { code, stderr, stdout } = await runProgram(program, { env: { CXONE_DTMF_LOG } });
  expect(code).toBe(0);
  expect(/^cxone-dtmf DEBUG: settled \{.*"delivery":"accepted"/m.test(stderr)).toBe(told);
  for (const secret of SECRETS) expect(stderr + stdout).not.toContain(secret);
});

test('a standard error that nobody reads stops no injection', async () => {
  const program = `
    const { CXoneAuthClient, DtmfInjector } = require('cxone-dtmf');
    const { startPlatform } = require(process.env.PLATFORM);
    const { profile } = require(process.env.PROFILES);
    (async () => {
      const platform = await startPlatform();
      const auth = new CXoneAuthClient({ ...platform.credentials, logger: false });
      const injector = new DtmfInjector(auth, { apiUrl: platform.url, logger: false, ...profile.config });
      const press = (n) => injector.injectDTMF(profile.params({ callId: 'call-' + n }));
      await Promise.all(Array.from({ length: 1000 }, (_, n) => press(n)));
      console.log('pressed');
      process.exit();
    })();`;
  // Its lines fill the pipe many times over.
  const during = ({ stdout, stderr }) => {
    stderr.pause();
    stdout.once('data', () => stderr.resume());
  };
  const { code, stdout } = await runProgram(program, { env: { CXONE_DTMF_LOG: 'debug' }, during });
  expect([code, stdout]).toEqual([0, 'pressed\n']);
});
