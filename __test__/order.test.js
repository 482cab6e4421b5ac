'use strict';

const { setTimeout: delay } = require('node:timers/promises');

const { newBench, params, settle, failure, until } = require('./support/bench');
const { profile } = require('./support/profiles');

const bench = newBench();

/** A sequence that tells which injection it is. */
const numbered = (n) => String(n).padStart(4, '0');
const pressed = (platform, callId) => platform.injections(callId).map((r) => profile.digitsOf(r.body));
const upTo = (count) => Array.from({ length: count }, (_, n) => n);

test('100 injections into one call arrive in order, one at a time', async () => {
  const platform = await bench.platform();
  // Later answers are faster: whoever overtakes would be seen.
  platform.answer(...upTo(100).map((n) => ({ delayMs: (100 - n) / 20 })));
  const injector = bench.injector(platform, { maxWaitingPerCall: 200 });

  const settled = [];
  await Promise.all(
    upTo(100).map((n) =>
      injector.injectDTMF(params({ dtmfString: numbered(n) })).then(() => settled.push(n)),
    ),
  );

  expect(pressed(platform)).toEqual(upTo(100).map(numbered));
  expect(settled).toEqual(upTo(100));
  expect(platform.peakPerCall).toBe(1);
});

test('two injectors keep one order for one call', async () => {
  const platform = await bench.platform();
  platform.usualInjection = { delayMs: 2 };
  // The same origin, written differently.
  const injectors = [
    bench.injector(platform, { maxWaitingPerCall: 200 }),
    bench.injector(platform, { maxWaitingPerCall: 200, apiUrl: `${platform.url}/` }),
  ];

  await Promise.all(upTo(100).map((n) => injectors[n % 2].injectDTMF(params({ dtmfString: numbered(n) }))));

  expect(pressed(platform)).toEqual(upTo(100).map(numbered));
  expect(platform.peakPerCall).toBe(1);
});

test('an injector per request does not break the order', async () => {
  const platform = await bench.platform();
  platform.usualInjection = { delayMs: 2 };
  await Promise.all(
    upTo(20).map((n) => bench.injector(platform).injectDTMF(params({ dtmfString: numbered(n) }))),
  );
  expect(pressed(platform)).toEqual(upTo(20).map(numbered));
  expect(platform.peakPerCall).toBe(1);
});

test('1,000 calls at once are pressed in parallel, up to the bound', async () => {
  const platform = await bench.platform();
  // Nobody is answered before the bound is reached.
  platform.answer(...upTo(64).map(() => ({ hold: true })));
  const injector = bench.injector(platform, { maxInFlight: 64 });

  const all = Promise.all(
    upTo(1000).map((n) => injector.injectDTMF(params({ callId: `call-${n}`, dtmfString: numbered(n) }))),
  );
  await until(() => platform.peak === 64, 'the bound');
  await delay(100);
  expect(platform.injections()).toHaveLength(64);
  platform.release();
  const results = await all;

  expect(results.every((result) => result.success)).toBe(true);
  expect(platform.executions()).toHaveLength(1000);
  expect(new Set(pressed(platform)).size).toBe(1000);
  expect(platform.peak).toBe(64);
  expect(platform.peakPerCall).toBe(1);
  expect(platform.tokenRequests()).toHaveLength(1);
  expect(injector.metrics()).toMatchObject({
    injections: { accepted: 1000, refused: 0, notSent: 0, unknown: 0 },
    attempts: 1000,
    resends: 0,
    waiting: 0,
    inFlight: 0,
  });
});

test('a slow call does not hold up another one', async () => {
  const platform = await bench.platform();
  const injector = bench.injector(platform);
  platform.answer({ hold: true });
  const slow = settle(injector.injectDTMF(params({ callId: 'slow' })));
  await until(() => platform.injections('slow').length === 1, 'the slow request');

  await injector.injectDTMF(params({ callId: 'quick' }));

  expect(injector.metrics().inFlight).toBe(1);
  platform.release();
  expect((await slow).ok).toBe(true);
});

test('a call that waits out a refusal holds no place in flight', async () => {
  const platform = await bench.platform();
  const injector = bench.injector(platform, { maxInFlight: 1 });
  platform.answer({ status: 429, headers: { 'retry-after': '30' } });
  const waiting = settle(
    injector.injectDTMF(params({ callId: 'limited' }), { maxAttempts: 2, deadlineMs: 60_000 }),
  );
  await until(() => platform.injections('limited').length === 1, 'the refused request');

  // It would wait 30 seconds for its turn otherwise.
  await injector.injectDTMF(params({ callId: 'other' }), { deadlineMs: 10_000 });

  await injector.close({ timeoutMs: 1000 });
  expect((await waiting).error).toMatchObject({ code: 'ERR_DTMF_CLOSED', delivery: 'refused' });
});

test('a refused injection lets the next one through, and retries keep its place', async () => {
  const platform = await bench.platform();
  const injector = bench.injector(platform, { retry: { baseMs: 1, capMs: 2 } });
  platform.answer({ status: 500 }, { status: 500 }, {}, { status: 400 }, {});

  const first = injector.injectDTMF(params({ dtmfString: '1111' }), { maxAttempts: 3 });
  const second = failure(injector.injectDTMF(params({ dtmfString: '2222' }), { maxAttempts: 3 }));
  const third = injector.injectDTMF(params({ dtmfString: '3333' }), { maxAttempts: 3 });

  await first;
  expect(await second).toMatchObject({ code: 'ERR_DTMF_REJECTED' });
  await third;
  expect(pressed(platform)).toEqual(['1111', '1111', '1111', '2222', '3333']);
});

test('queuedMs is the wait in the line, latencyMs the rest', async () => {
  const platform = await bench.platform();
  const injector = bench.injector(platform);
  platform.usualInjection = { delayMs: 300 };
  const started = performance.now();
  const [, second] = await Promise.all([injector.injectDTMF(params()), injector.injectDTMF(params())]);
  const { queuedMs, latencyMs } = second.audit;
  expect(queuedMs).toBeGreaterThanOrEqual(250);
  expect(latencyMs).toBeGreaterThanOrEqual(250);
  // Neither has a part of the other, whatever the machine adds. Both are rounded.
  expect(queuedMs + latencyMs).toBeLessThanOrEqual(performance.now() - started + 2);
});
