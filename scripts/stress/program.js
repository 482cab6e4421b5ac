'use strict';

// A program of the stress: presses into calls at random until it is told to stop, and tells its parent what it asked for
// and what became of it. With `worker` in its settings it does so in a worker thread, which it ends now and then.

const { Worker, isMainThread, parentPort, workerData } = require('node:worker_threads');
const { setTimeout: delay } = require('node:timers/promises');

const { DtmfInjector } = require('../..');
const { newRandom } = require('./random.js');

/**
 * @typedef {object} Settings
 * @property {string} name stands in the digits and calls of this program
 * @property {number} seed
 * @property {'tutorial' | 'sessions' | 'fleet'} shape
 * @property {string} url the platform, or a proxy before it
 * @property {string[]} calls those that it presses into
 * @property {string} [redis]
 * @property {boolean} worker
 * @property {string} prefix of digits: six of them
 */

/** How many loops of a program press at the same time. */
const AT_ONCE = { tutorial: 12, sessions: 40, fleet: 12 };
/** How long a worker thread lives, at most, in milliseconds. */
const WORKER_MS = 1500;

/** @param {Settings} settings @param {(message: object) => void} tell */
function press(settings, tell) {
  const random = newRandom(settings.seed);
  const { shape, url, calls, redis } = settings;
  let running = true;
  let number = 0;
  let injector = newInjector();

  function newInjector() {
    return new DtmfInjector(
      { getAccessToken: async () => 'token-of-the-stress' },
      {
        apiUrl: url,
        logger: false,
        timeoutMs: 100,
        deadlineMs: 2000,
        lockTimeoutMs: 1500,
        retry: { baseMs: 1, capMs: 20, budget: 100_000 },
        afterUnknown: random.pick(['reject-queued', 'continue']),
        ...(shape === 'sessions' && { api: 'agent-session' }),
        ...(redis && { fleet: { url: redis, leaseMs: 2000 } }),
      },
    );
  }

  /** @param {string} call @param {object} [lock] */
  async function inject(call, lock) {
    number += 1;
    const digits = `${settings.prefix}${String(number).padStart(6, '0')}`;
    const mayRepeat = random.chance(0.1);
    /** @type {Record<string, unknown>} */
    const options = { maxAttempts: random.between(1, 3), ...(lock && { lock }) };
    if (mayRepeat) options.resendWhenUnknown = true;
    if (random.chance(0.1)) options.signal = AbortSignal.timeout(random.between(0, 60));
    if (random.chance(0.1)) options.deadlineMs = random.between(1, 120);
    const params = {
      dtmfString: digits,
      interDigitPause: 50,
      ...(shape === 'sessions'
        ? { sessionId: call, maskRecording: false, toneDuration: 50 }
        : { telephonyProviderId: 'p', lineId: 'l', callId: call, dtmfType: 'RFC2833' }),
    };
    tell({ digits, call, mayRepeat, locked: Boolean(lock) });
    try {
      const { audit } = await injector.injectDTMF(/** @type {any} */ (params), options);
      tell({ digits, delivery: audit.delivery });
    } catch (error) {
      const { code, delivery, safeToResend } = /** @type {import('../..').DtmfError} */ (error);
      tell({ digits, delivery, code, safeToResend });
    }
  }

  async function underLock() {
    const call = random.pick(calls);
    try {
      await injector.withChannelLock(call, async (lock) => {
        await Promise.all([inject(call, lock), inject(call, lock)]);
      });
    } catch {
      // No lock, or it ended: what was pressed under it has been told.
    }
  }

  async function loop() {
    while (running) {
      const what = random.next();
      if (what < 0.08) await underLock();
      else if (what < 0.085) {
        const old = injector;
        injector = newInjector();
        await old.close({ timeoutMs: random.between(0, 200) }).catch(() => {});
      } else if (what < 0.2) {
        const call = random.pick(calls);
        await Promise.all([inject(call), inject(call), inject(call)]);
      } else await inject(random.pick(calls));
      if (random.chance(0.05)) await delay(random.between(0, 50));
    }
  }

  const done = Promise.all(Array.from({ length: AT_ONCE[shape] }, loop)).then(() => injector.close());
  return {
    async stop() {
      running = false;
      await done;
    },
  };
}

/** @param {Settings} settings @param {(message: object) => void} tell */
function pressInWorkers(settings, tell) {
  const random = newRandom(settings.seed);
  let running = true;
  const done = (async () => {
    for (let n = 0; running; n += 1) {
      const part = {
        ...settings,
        worker: false,
        seed: settings.seed + n + 1,
        prefix: prefixOf(settings.prefix, n),
      };
      const worker = new Worker(__filename, { workerData: part });
      worker.on('message', tell);
      await delay(random.between(WORKER_MS / 3, WORKER_MS));
      await worker.terminate();
      tell({ over: part.prefix });
    }
  })();
  return {
    async stop() {
      running = false;
      await done;
    },
  };
}

/** That of the next worker thread. @param {string} prefix @param {number} n */
function prefixOf(prefix, n) {
  return String(Number(prefix) + n).padStart(prefix.length, '0');
}

if (isMainThread) {
  const settings = JSON.parse(process.argv[2]);
  const tell = (/** @type {object} */ message) => void process.send?.(message);
  const pressing = (settings.worker ? pressInWorkers : press)(settings, tell);
  process.on('message', async () => {
    await pressing.stop();
    process.send?.({ stopped: true }, () => process.exit());
  });
  process.on('disconnect', () => process.exit());
} else {
  press(workerData, (message) => parentPort?.postMessage(message));
}
