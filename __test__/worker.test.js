'use strict';

// Worker threads: one order per call over all of them, and nothing left behind by one that dies.

const { runProgram } = require('./support/program');

jest.setTimeout(120_000);

// The platform lives in the program, so that it can wait for what the server saw.
const HEAD = `
const { Worker } = require('node:worker_threads');
const { once } = require('node:events');
const { setTimeout: delay } = require('node:timers/promises');
const { CXoneAuthClient, DtmfInjector } = require('cxone-dtmf');
const { startPlatform } = require(process.env.PLATFORM);
const { profile } = require(process.env.PROFILES);

const IN_WORKER = \`
  const { parentPort, workerData } = require('node:worker_threads');
  const { CXoneAuthClient, DtmfInjector } = require(workerData.package);
  const { profile } = require(process.env.PROFILES);
  const auth = new CXoneAuthClient({ ...workerData.credentials, logger: false });
  const injector = new DtmfInjector(auth, {
    apiUrl: workerData.credentials.authUrl, logger: false, maxWaitingPerCall: 200, ...profile.config,
  });
  const params = (callId, dtmfString = '1234') => profile.params({ callId, dtmfString });
\`;
const worker = (platform, source, data) => new Worker(IN_WORKER + source, {
  eval: true,
  workerData: { package: require.resolve('cxone-dtmf'), credentials: platform.credentials, ...data },
});
const own = (platform) => new DtmfInjector(
  new CXoneAuthClient({ ...platform.credentials, logger: false }),
  { apiUrl: platform.url, logger: false, maxWaitingPerCall: 200, ...profile.config },
);
const params = (callId, dtmfString = '1234') => profile.params({ callId, dtmfString });
const until = async (holds) => { while (!holds()) await delay(5); };
`;

async function run(body) {
  const ended = await runProgram(
    `${HEAD}
    (async () => {
      const platform = await startPlatform();
      ${body}
      await platform.stop();
    })().catch((error) => { console.error(error); process.exitCode = 1; });`,
    { timeoutMs: 100_000 },
  );
  expect(ended).toMatchObject({ code: 0, signal: null, stderr: '' });
  return ended.stdout.trim().split('\n');
}

test('a worker that injects ends by itself, and not before', async () => {
  const lines = await run(`
    platform.usualInjection = { delayMs: 300 };
    const thread = worker(platform, \`
      injector.injectDTMF(params('call-1')).then((result) => parentPort.postMessage(result.audit.delivery));
    \`);
    thread.on('message', (text) => console.log(text));
    const [code] = await once(thread, 'exit');
    console.log('exit', code);
  `);
  expect(lines).toEqual(['accepted', 'exit 0']);
});

test('a worker whose injector is idle ends at once', async () => {
  const lines = await run(`
    const thread = worker(platform, 'injector.registerCTIMonitor(() => {});');
    const [code] = await once(thread, 'exit');
    console.log('exit', code);
  `);
  expect(lines).toEqual(['exit 0']);
});

test('threads keep one order for one call', async () => {
  const lines = await run(`
    platform.usualInjection = { delayMs: 2 };
    const threads = [1, 2, 3].map(() => worker(platform, \`
      Promise.all(Array.from({ length: 10 }, () => injector.injectDTMF(params('shared')))).then(
        () => parentPort.postMessage('done'),
      );
    \`));
    const injector = own(platform);
    await Promise.all([
      ...threads.map((thread) => once(thread, 'exit')),
      ...Array.from({ length: 10 }, () => injector.injectDTMF(params('shared'))),
    ]);
    console.log(platform.executions('shared').length, platform.peakPerCall);
  `);
  expect(lines).toEqual(['40 1']);
});

test('20 workers that are terminated in flight do not harm the process', async () => {
  const lines = await run(`
    for (let n = 0; n < 20; n += 1) {
      platform.answer({ hold: true });
      const callId = 'call-' + n;
      const thread = worker(platform, \`
        injector.registerCTIMonitor(() => {});
        for (let n = 0; n < 2; n += 1) injector.injectDTMF(params(workerData.callId)).catch(() => {});
        injector.acquireChannelLock('other-' + workerData.callId);
      \`, { callId });
      await until(() => platform.injections(callId).length === 1);
      await thread.terminate();
    }
    const injector = own(platform);
    const result = await injector.injectDTMF(params('last'));
    console.log(result.audit.delivery);
    // None of the twenty was sent again, and nothing that waited behind them was sent.
    console.log(platform.injections().length);
  `);
  expect(lines).toEqual(['accepted', '21']);
});

test('what waits behind a terminated worker is rejected when that was in flight', async () => {
  const lines = await run(`
    platform.answer({ hold: true });
    const thread = worker(platform, "injector.injectDTMF(params('call-1')).catch(() => {});");
    await until(() => platform.injections('call-1').length === 1);
    const injector = own(platform);
    const waiting = injector.injectDTMF(params('call-1')).then(() => 'ok', (error) => error.code);
    await until(() => injector.metrics().waiting === 1);
    await thread.terminate();
    console.log(await waiting);
    const late = await injector.injectDTMF(params('call-1', '77'));
    console.log(late.audit.delivery, platform.injections('call-1').length);
  `);
  expect(lines).toEqual(['ERR_DTMF_AFTER_UNKNOWN', 'accepted 2']);
});

test('the same under a manual lock that the worker held', async () => {
  const lines = await run(`
    const injector = own(platform);
    await injector.injectDTMF(params('warm'));
    for (let round = 0; round < 5; round += 1) {
      const callId = 'call-' + round;
      platform.answer({ hold: true });
      const thread = worker(platform, \`
        injector.acquireChannelLock(workerData.callId).then((lock) => {
          injector.injectDTMF(params(workerData.callId), { lock }).catch(() => {});
        });
      \`, { callId });
      await until(() => platform.injections(callId).length === 1);
      const waiting = [injector.injectDTMF(params(callId)), injector.acquireChannelLock(callId)].map(
        (promise) => promise.then(() => 'ok', (error) => error.code + ' ' + error.delivery),
      );
      await until(() => injector.metrics().waiting === 2);
      await thread.terminate();
      console.log((await Promise.all(waiting)).join(', '));
      const late = await injector.injectDTMF(params(callId, '77'));
      console.log(late.audit.delivery, platform.injections(callId).length, platform.executions(callId).length);
    }
  `);
  const waiting = 'ERR_DTMF_AFTER_UNKNOWN not-sent, ERR_DTMF_AFTER_UNKNOWN not-sent';
  expect(lines).toEqual(Array(5).fill([waiting, 'accepted 2 1']).flat());
});

test('the lock of a terminated worker is released', async () => {
  const lines = await run(`
    const thread = worker(platform, \`
      injector.acquireChannelLock('call-1').then(() => parentPort.postMessage('locked'));
      setInterval(() => {}, 1000);
    \`);
    await once(thread, 'message');
    const injector = own(platform);
    const waiting = injector.injectDTMF(params('call-1')).then(() => 'ok', (error) => error.code);
    await until(() => injector.metrics().waiting === 1);
    console.log(platform.injections('call-1').length);
    await thread.terminate();
    console.log(await waiting);
  `);
  expect(lines).toEqual(['0', 'ok']);
});

test('the lock of a worker that ended by itself is released', async () => {
  const lines = await run(`
    const thread = worker(platform, "injector.acquireChannelLock('call-1');");
    await once(thread, 'exit');
    const result = await own(platform).injectDTMF(params('call-1'), { lockTimeoutMs: 5000 });
    console.log(result.audit.delivery);
  `);
  expect(lines).toEqual(['accepted']);
});

test('the last thread with the addon may end in the middle of its calls', async () => {
  const ended = await runProgram(
    `
    const { Worker } = require('node:worker_threads');
    const { once } = require('node:events');
    const { startPlatform } = require(process.env.PLATFORM);
    const IN_WORKER = \`
      const { workerData } = require('node:worker_threads');
      const { CXoneAuthClient, DtmfInjector } = require(workerData.package);
      const { profile } = require(process.env.PROFILES);
      const auth = new CXoneAuthClient({ ...workerData.credentials, logger: false });
      const injector = new DtmfInjector(auth, {
        apiUrl: workerData.credentials.authUrl, logger: false, ...profile.config,
      });
      const inject = (callId) => injector.injectDTMF(profile.params({ callId, dtmfString: '1234' }));
      inject('first').then(() => {
        for (let n = 0; n < workerData.calls; n += 1) inject('call-' + n).catch(() => {});
        process.exit(0);
      });
    \`;
    (async () => {
      const platform = await startPlatform();
      // The addon is loaded by nobody else, so each of them takes the engine with it.
      for (const calls of [1, 20, 300]) {
        const workerData = { package: require.resolve('cxone-dtmf'), credentials: platform.credentials, calls };
        await once(new Worker(IN_WORKER, { eval: true, workerData }), 'exit');
      }
      await platform.stop();
      console.log('ended');
    })();`,
    { timeoutMs: 100_000 },
  );
  expect(ended).toMatchObject({ code: 0, signal: null, stderr: '', stdout: 'ended\n' });
});
