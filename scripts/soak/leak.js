'use strict';

// Whether memory stays where it is: many injections, many short-lived injectors, many aborted calls on one signal.
// node --expose-gc scripts/soak/leak.js <injections> [to warm up]

const { startPlatform, newInjector, params, settledMemory } = require('./client.js');

const IN_FLIGHT = 64;

/**
 * @param {number} count
 * @param {(n: number) => Promise<unknown>} work
 */
async function times(count, work) {
  let next = 0;
  const lanes = Array.from({ length: IN_FLIGHT }, async () => {
    while (next < count) {
      next += 1;
      await work(next);
    }
  });
  await Promise.all(lanes);
}

/** @param {string} label @param {number} done @param {number} all */
function progress(label, done, all) {
  process.stderr.write(`${JSON.stringify({ progress: label, done, all })}\n`);
}

async function main() {
  const injections = Number(process.argv[2] ?? 50_000);
  // V8 settles on the size of its heap within the first 60,000.
  const warm = Number(process.argv[3] ?? Math.max(60_000, injections / 10));
  const platform = await startPlatform();
  const injector = newInjector(platform.credentials);
  const press = (/** @type {number} */ n) => injector.injectDTMF(params(`call-${n % 1000}`));

  await times(warm, press);
  const before = await settledMemory();
  const tenth = Math.ceil(injections / 10);
  for (let part = 0; part < 10; part += 1) {
    await times(tenth, press);
    progress('injections', (part + 1) * tenth, injections);
  }
  const after = await settledMemory();

  const signal = new AbortController().signal;
  const aborted = AbortSignal.abort();
  await times(injections / 10, (n) => injector.injectDTMF(params(`call-${n % 1000}`), { signal }));
  await times(injections / 10, (n) =>
    injector.injectDTMF(params(`call-${n % 1000}`), { signal: aborted }).catch(() => {}),
  );
  const afterSignals = await settledMemory();

  await injector.close();
  const stats = await platform.stop();
  const report = {
    injections: tenth * 10,
    beforeMb: before,
    afterMb: after,
    grownMb: after - before,
    grownWithSignalsMb: afterSignals - before,
    executions: stats.executions,
    locksLeft: injector.metrics().locks,
    waitingLeft: injector.metrics().waiting,
  };
  process.stdout.write(`${JSON.stringify(report)}\n`);
}

void main();
