'use strict';

// What happens when ten times more is asked for than the platform takes: it must go on at its pace, and what
// cannot wait must be told at once. Then, what ten thousand that wait cost.
// node --expose-gc scripts/soak/overload.js

const { performance } = require('node:perf_hooks');
const { startPlatform, newInjector, params, settledMemory } = require('./client.js');

/** The platform answers after this long, with at most so many at once: its pace is 32 / 20 ms = 1600 a second. */
const ANSWER_MS = 20;
const IN_FLIGHT = 32;
const SECONDS = 4;

/**
 * @param {number[]} values
 * @param {number} part
 */
function quantile(values, part) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0;
}

/**
 * Asks `perTick` times every millisecond or so for some seconds; counts what was accepted in that time.
 * @param {any} injector
 * @param {number} perTick
 */
async function offer(injector, perTick) {
  /** @type {number[]} */
  const rejectionMs = [];
  let accepted = 0;
  let asked = 0;
  const pending = new Set();
  const started = performance.now();
  const until = started + SECONDS * 1000;
  while (performance.now() < until) {
    for (let i = 0; i < perTick; i += 1) {
      asked += 1;
      const began = performance.now();
      const call = injector.injectDTMF(params(`call-${asked % 64}`)).then(
        () => {
          if (performance.now() < until) accepted += 1;
        },
        (/** @type {any} */ error) => {
          if (error.code === 'ERR_DTMF_QUEUE_FULL') rejectionMs.push(performance.now() - began);
        },
      );
      pending.add(call);
      call.finally(() => pending.delete(call));
    }
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  const goodput = accepted / SECONDS;
  await Promise.all(pending);
  return { asked: asked / SECONDS, goodput, rejected: rejectionMs.length, rejectionMs };
}

async function waiters() {
  const platform = await startPlatform({ latency: { fixedMs: 60_000 } });
  const injector = newInjector(platform.credentials, { maxWaitingPerCall: 20_000, maxInFlight: 1 });
  const before = await settledMemory();
  const calls = Array.from({ length: 10_000 }, () => injector.injectDTMF(params('call-1')).catch(() => {}));
  await new Promise((resolve) => setTimeout(resolve, 500));
  const during = await settledMemory();
  const { waiting } = injector.metrics();
  await injector.close({ timeoutMs: 0 });
  await Promise.all(calls);
  await platform.stop();
  return { waiting, grownMb: during - before };
}

async function main() {
  const platform = await startPlatform({ latency: { fixedMs: ANSWER_MS } });
  const config = { maxInFlight: IN_FLIGHT, maxWaitingPerCall: 4, maxWaiting: 100 };
  const warm = newInjector(platform.credentials, config);
  await offer(warm, 1);
  const pace = (IN_FLIGHT * 1000) / ANSWER_MS;
  const peak = await offer(newInjector(platform.credentials, config), Math.ceil((pace * 1.2) / 900));
  const overload = await offer(newInjector(platform.credentials, config), Math.ceil((pace * 10) / 900));
  await platform.stop();
  const report = {
    peakPerSecond: peak.goodput,
    askedPerSecond: overload.asked,
    goodputPerSecond: overload.goodput,
    goodputShare: overload.goodput / peak.goodput,
    rejections: overload.rejected,
    rejectionP50Ms: quantile(overload.rejectionMs, 0.5),
    rejectionP99Ms: quantile(overload.rejectionMs, 0.99),
    waiters: await waiters(),
  };
  process.stdout.write(`${JSON.stringify(report)}\n`);
}

void main();
