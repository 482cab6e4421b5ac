'use strict';

const { newBench, params, settle, failure, until } = require('./support/bench');
const { dismissed } = require('./support/dismissed');
const { runProgram } = require('./support/program');

const bench = newBench();
let platform;
let injector;

beforeEach(async () => {
  platform = await bench.platform();
  injector = bench.injector(platform);
});

const press = (digits, options) => injector.injectDTMF(params({ dtmfString: digits }), options);
const codes = (outcomes) => outcomes.map((outcome) => (outcome.ok ? 'ok' : outcome.error.code));

test('who waits behind an unknown outcome is rejected; who comes later is not', async () => {
  platform.usualInjection = (record) => (record.callId === 'call-1' ? { drop: 'after', hold: true } : {});
  const other = bench.injector(platform);
  const all = [
    settle(press('1111')),
    settle(press('2222')),
    settle(other.injectDTMF(params())),
    settle(injector.acquireChannelLock('call-1')),
    settle(injector.injectDTMF(params({ callId: 'call-2' }))),
  ];
  await until(() => platform.injections('call-1').length === 1, 'the request');
  await until(() => injector.metrics().waiting === 2 && other.metrics().waiting === 1, 'the line');
  platform.release();
  const outcomes = await Promise.all(all);
  expect(codes(outcomes)).toEqual([
    'ERR_DTMF_OUTCOME_UNKNOWN',
    'ERR_DTMF_AFTER_UNKNOWN',
    'ERR_DTMF_AFTER_UNKNOWN',
    'ERR_DTMF_AFTER_UNKNOWN',
    'ok',
  ]);
  expect(outcomes[1].error).toMatchObject({ delivery: 'not-sent', safeToResend: true, attempts: 0 });
  expect(platform.injections('call-1')).toHaveLength(1);
  platform.usualInjection = {};
  await press('3333');
});

test.each([
  [30, 10],
  [300, 2],
])('%i who are dismissed leave a line that has begun anew, and let nobody in', (waiting, rounds) =>
  dismissed(bench, platform, waiting, rounds),
);

test('a time-out in flight counts as unknown for the line', async () => {
  // The token and the connection are there, so that the time runs out in flight.
  await press('0000');
  platform.answer({ hold: true });
  const outcomes = await Promise.all([settle(press('1111', { deadlineMs: 2000 })), settle(press('2222'))]);
  expect(codes(outcomes)).toEqual(['ERR_DTMF_OUTCOME_UNKNOWN', 'ERR_DTMF_AFTER_UNKNOWN']);
});

test('an abort in flight counts as unknown for the line', async () => {
  platform.answer({ hold: true });
  const controller = new AbortController();
  const outcomes = [settle(press('1111', { signal: controller.signal })), settle(press('2222'))];
  await until(() => platform.injections().length === 1 && injector.metrics().waiting === 1);
  controller.abort();
  expect(codes(await Promise.all(outcomes))).toEqual(['ABORT_ERR', 'ERR_DTMF_AFTER_UNKNOWN']);
});

test('a refusal does not', async () => {
  platform.answer({ status: 404, delayMs: 50 });
  const outcomes = await Promise.all([settle(press('1111')), settle(press('2222'))]);
  expect(codes(outcomes)).toEqual(['ERR_DTMF_REJECTED', 'ok']);
});

test("afterUnknown: 'continue' lets the line go on", async () => {
  const willing = bench.injector(platform, { afterUnknown: 'continue' });
  platform.answer({ drop: 'after', delayMs: 50 });
  const outcomes = await Promise.all([
    settle(willing.injectDTMF(params({ dtmfString: '1111' }))),
    settle(willing.injectDTMF(params({ dtmfString: '2222' }))),
  ]);
  expect(codes(outcomes)).toEqual(['ERR_DTMF_OUTCOME_UNKNOWN', 'ok']);
});

test('under a manual lock: waiters under it and behind it are rejected, the lock stays held', async () => {
  const lock = await injector.acquireChannelLock('call-1');
  platform.answer({ drop: 'after', hold: true });
  const all = [settle(press('1111', { lock })), settle(press('2222', { lock })), settle(press('3333'))];
  await until(() => platform.injections().length === 1, 'the request');
  await until(() => injector.metrics().waiting === 2, 'the line');
  platform.release();
  const outcomes = await Promise.all(all);
  expect(codes(outcomes)).toEqual([
    'ERR_DTMF_OUTCOME_UNKNOWN',
    'ERR_DTMF_AFTER_UNKNOWN',
    'ERR_DTMF_AFTER_UNKNOWN',
  ]);
  expect(injector.metrics().locks).toBe(1);
  expect(await failure(press('4444', { lockTimeoutMs: 50 }))).toMatchObject({
    code: 'ERR_DTMF_LOCK_TIMEOUT',
  });
  await press('5555', { lock });
  await lock.release();
  await press('6666');
});

// Node adds Symbol.asyncDispose to its main realm only, which is not the one of Jest.
test('locks and injectors are async-disposable', async () => {
  const ended = await runProgram(
    `
    const { CXoneAuthClient, DtmfInjector } = require('cxone-dtmf');
    const { profile } = require(process.env.PROFILES);
    (async () => {
      const auth = new CXoneAuthClient({ authUrl: process.env.URL, clientId: 'a', clientSecret: 'b' });
      const injector = new DtmfInjector(auth, { apiUrl: process.env.URL, logger: false, ...profile.config });
      if (Symbol.asyncDispose === undefined) return console.log('no symbol');
      const lock = await injector.acquireChannelLock('call-1');
      await lock[Symbol.asyncDispose]();
      const again = await injector.acquireChannelLock('call-1', { timeoutMs: 1000 });
      await injector[Symbol.asyncDispose]();
      const late = await injector.acquireChannelLock('call-1').catch((error) => error.code);
      console.log('disposed', late);
    })();
    `,
    { env: { URL: platform.url } },
  );
  expect(ended).toMatchObject({ code: 0, stderr: '' });
  expect(ended.stdout.trim()).toMatch(/^(disposed ERR_DTMF_CLOSED|no symbol)$/);
});
