'use strict';

// When a program ends: it may end whenever nothing is under way, and must not before.

const { newBench } = require('./support/bench');
const { runProgram } = require('./support/program');

const bench = newBench();

// `last` is when the program had nothing more to do; the gap to its end is what the package cost.
const HEAD = `
const { profile } = require(process.env.PROFILES);
const { CXoneAuthClient, DtmfInjector, injectWithRetry } = require('cxone-dtmf');
const auth = new CXoneAuthClient({ ...JSON.parse(process.env.CREDENTIALS), logger: false });
const injector = new DtmfInjector(auth, { apiUrl: process.env.URL, logger: false, ...profile.config });
const params = profile.params({ dtmfString: '1234#' });
let last = Date.now();
const note = (text) => { console.log(text); last = Date.now(); };
process.on('exit', () => console.log('gap', Date.now() - last));
`;

// Less than the 4 seconds for which idle connections are kept, and than every time-out. Between the two moments
// nothing is left to do, so that a busy machine has hardly anything to delay.
const AT_ONCE_MS = 3900;

let platform;

beforeEach(async () => {
  platform = await bench.platform();
});

async function run(body) {
  const ended = await runProgram(HEAD + body, {
    env: { URL: platform.url, CREDENTIALS: JSON.stringify(platform.credentials) },
  });
  const lines = ended.stdout.trim().split('\n');
  const [, gap] = /^gap (\d+)$/m.exec(ended.stdout) ?? [];
  return { ...ended, gap: Number(gap), notes: lines.filter((line) => !line.startsWith('gap ')) };
}

function expectCleanEnd(ended, ...notes) {
  expect(ended).toMatchObject({ code: 0, signal: null, stderr: '', notes });
  expect(ended.gap).toBeLessThan(AT_ONCE_MS);
}

describe('a program ends by itself', () => {
  test('after an injection', async () => {
    expectCleanEnd(await run(`injector.injectDTMF(params).then(() => note('injected'));`), 'injected');
  });

  test('after failures', async () => {
    platform.usualInjection = { status: 404 };
    const body = `
      Promise.allSettled([
        injector.injectDTMF(params),
        injector.injectDTMF({}),
        injector.injectDTMF(params, { signal: AbortSignal.abort() }),
      ]).then((outcomes) => note(outcomes.map((outcome) => outcome.status).join(' ')));
    `;
    expectCleanEnd(await run(body), 'rejected rejected rejected');
  });

  test('when its injector was never used', async () => {
    expectCleanEnd(
      await run(`injector.registerCTIMonitor(() => {}); note('idle injector');`),
      'idle injector',
    );
  });

  test('after it got a token', async () => {
    expectCleanEnd(await run(`auth.getAccessToken().then(() => note('token'));`), 'token');
  });

  test('while it holds a lock', async () => {
    expectCleanEnd(await run(`injector.acquireChannelLock('call-1').then(() => note('locked'));`), 'locked');
  });

  test('after it aborted what was in flight', async () => {
    platform.usualInjection = { hold: true };
    const body = `
      const controller = new AbortController();
      injector.injectDTMF(params, { signal: controller.signal }).catch((error) => note(error.code));
      setTimeout(() => controller.abort(), 300);
    `;
    expectCleanEnd(await run(body), 'ABORT_ERR');
  });

  test('after it closed its injector', async () => {
    expectCleanEnd(
      await run(`injector.injectDTMF(params).then(() => injector.close()).then(() => note('closed'));`),
      'closed',
    );
  });
});

describe('a program does not end', () => {
  test('before what is in flight has settled', async () => {
    platform.usualInjection = { delayMs: 800 };
    expectCleanEnd(await run(`injector.injectDTMF(params).then(() => note('injected'));`), 'injected');
  });

  test('before what waits in line has settled', async () => {
    platform.usualInjection = { delayMs: 300 };
    const body = `for (const n of [1, 2, 3]) injector.injectDTMF(params).then(() => note('injected ' + n));`;
    expectCleanEnd(await run(body), 'injected 1', 'injected 2', 'injected 3');
  });

  test('before what backs off has settled', async () => {
    platform.answer({ status: 429, headers: { 'retry-after': '1' } });
    const body = `injectWithRetry(injector, params).then((result) => note('attempts ' + result.audit.attempts));`;
    expectCleanEnd(await run(body), 'attempts 2');
  });

  test('before a wait for a lock has settled', async () => {
    const body = `
      injector.acquireChannelLock('call-1')
        .then(() => injector.acquireChannelLock('call-1', { timeoutMs: 500 }))
        .catch((error) => note(error.code));
    `;
    expectCleanEnd(await run(body), 'ERR_DTMF_LOCK_TIMEOUT');
  });

  test('before a wait for a token has settled', async () => {
    platform.answerToken({ delayMs: 500 });
    expectCleanEnd(await run(`auth.getAccessToken().then(() => note('token'));`), 'token');
  });

  test('before close has settled', async () => {
    platform.usualInjection = { delayMs: 500 };
    const body = `
      injector.injectDTMF(params).then(() => note('injected'));
      const timer = setInterval(() => {
        if (injector.metrics().inFlight === 0) return;
        clearInterval(timer);
        injector.close().then(() => note('closed'));
      }, 5);
    `;
    expectCleanEnd(await run(body), 'injected', 'closed');
  });
});

describe('a program that ends itself in flight', () => {
  test('by process.exit keeps its code', async () => {
    platform.usualInjection = { hold: true };
    const ended = await run(`
      for (let n = 0; n < 50; n += 1) injector.injectDTMF(profile.params({ callId: 'call-' + n }));
      setTimeout(() => process.exit(7), 300);
    `);
    expect(ended).toMatchObject({ code: 7, signal: null, stderr: '' });
  });

  test('by an exception in a monitor does not end at all', async () => {
    const ended = await run(`
      injector.registerCTIMonitor(() => { throw new Error('of the monitor'); });
      injector.injectDTMF(params).then(() => note('injected'));
    `);
    expectCleanEnd(ended, 'injected');
  });
});
