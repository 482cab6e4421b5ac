'use strict';

// The soak programs in short: they run, and find what they find at once. The long ones are in ./long.

const { newBench, params, settle, until } = require('./support/bench');
const { soak } = require('./support/soak');

const bench = newBench();

test('memory stays where it is', async () => {
  const report = await soak('leak', '20000', '10000');
  expect(report).toMatchObject({ locksLeft: 0, waitingLeft: 0 });
  // A heap that has not settled yet; a kilobyte an injection would be twice as much.
  expect(report.grownMb).toBeLessThan(10);
  // The warm-up, the injections, a tenth with a signal; those with a signal that has fired press nothing.
  expect(report.executions).toBe(10_000 + 20_000 + 2_000);
});

test('what is more than can wait is turned away at once, and the rest is pressed', async () => {
  const platform = await bench.platform();
  const injector = bench.injector(platform, { maxInFlight: 32, maxWaitingPerCall: 4, maxWaiting: 100 });
  platform.usualInjection = { hold: true };
  const all = Array.from({ length: 5000 }, (_, n) =>
    settle(injector.injectDTMF(params({ callId: `call-${n % 64}` }))),
  );
  // Nothing has been answered: whoever is turned away did not wait for an answer.
  const early = [];
  for (const one of all) one.then((outcome) => early.push(outcome));
  await until(() => platform.peak === 32, 'the requests');
  // One of each call is not counted as waiting: it has its turn, in flight or not.
  await until(() => early.length + injector.metrics().waiting === 5000 - 64, 'the rejections');
  const turnedAway = early.length;
  expect(new Set(early.map(({ error }) => error?.code))).toEqual(new Set(['ERR_DTMF_QUEUE_FULL']));
  platform.usualInjection = {};
  platform.release();
  const accepted = (await Promise.all(all)).filter(({ ok }) => ok).length;
  expect(accepted).toBe(5000 - turnedAway);
  expect(platform.executions()).toHaveLength(accepted);
  expect(accepted).toBe(64 + 100);
  expect(platform.peak).toBe(32);
  expect(injector.metrics()).toMatchObject({ waiting: 0, inFlight: 0 });
});

test('a worker or a process can end at any moment', async () => {
  const report = await soak('endings', '16', '8');
  expect(report).toEqual({ terminations: 16, exits: 8, badExits: 0 });
});
