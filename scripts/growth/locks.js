'use strict';

// Calls that are locked, each with an injection that waits for it: what a pass through the lock of another call takes
// beside them, and the memory of one that waits, that of its promises and strings included.

const { setTimeout: delay } = require('node:timers/promises');

const { SEQUENCE } = require('../bench/clients/sequence.js');
const { settledMemory } = require('../soak/client.js');
const { newInjector } = require('./client.js');

/** Passes through the lock of one call, one after the other. */
const PASSES = 3000;
const HOUR_MS = 3_600_000;

/**
 * @param {import('./client.js').Platform} platform
 * @param {number} count
 * @returns {Promise<import('./client.js').Row>}
 */
async function waiting(platform, count) {
  const long = { lockHoldMs: HOUR_MS, lockTimeoutMs: HOUR_MS, deadlineMs: HOUR_MS };
  const injector = newInjector(platform, { ...long, maxWaiting: count });
  await passes(injector, PASSES);
  const before = await settledMemory();
  const calls = Array.from({ length: count }, (_, n) => `locked-${n}`);
  // The program that keeps the locks has them in memory too; they are part of what a locked call costs.
  const locks = await Promise.all(calls.map((callId) => injector.acquireChannelLock(callId)));
  const injections = calls.map((callId) => injector.injectDTMF({ ...SEQUENCE, callId }).catch(() => {}));
  // All of them are in the engine before anything is measured.
  while (injector.metrics().waiting < count) await delay(5);
  const grown = (await settledMemory()) - before;
  const micros = await passes(injector, PASSES);
  await injector.close({ timeoutMs: 0 });
  await Promise.all(injections);
  await Promise.all(locks.map((lock) => lock.release().catch(() => {})));
  return {
    what: `${count.toLocaleString('en')} waiting`,
    passMicros: micros,
    // One alone is less than memory can be told apart by.
    bytesEach: count >= 100 ? (grown * 1e6) / count : null,
  };
}

/** @param {any} injector @param {number} count @returns {Promise<number>} microseconds for one */
async function passes(injector, count) {
  const started = performance.now();
  for (let n = 0; n < count; n += 1) {
    const lock = await injector.acquireChannelLock('free');
    await lock.release();
  }
  return ((performance.now() - started) * 1000) / count;
}

/** @param {import('./client.js').Platform} platform @param {{ most: number }} effort */
async function rows(platform, { most }) {
  const found = [];
  for (const count of [1, 100, 10_000, 100_000]) {
    if (count <= most) found.push(await waiting(platform, count));
  }
  return found;
}

module.exports = { rows };
