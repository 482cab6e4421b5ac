'use strict';

// Whether a worker thread or a process can end at any moment: 200 workers are terminated and 100 processes exit, each
// with injections in every stage. Only an ordinary end counts.
// node scripts/soak/endings.js [workers] [processes]

const { spawn } = require('node:child_process');
const { Worker, isMainThread, workerData } = require('node:worker_threads');
const { startPlatform, newInjector, params } = require('./client.js');

const AT_ONCE = 8;

/** Keeps injections under way: some queued, some in flight, one under a lock. @param {any} credentials */
async function work(credentials) {
  const injector = newInjector(credentials, { maxWaitingPerCall: 1000 });
  for (let n = 0; n < 50; n += 1)
    injector.injectDTMF(params(`call-${process.pid}-${n % 10}`)).catch(() => {});
  const lock = await injector
    .acquireChannelLock(`lock-${process.pid}-${Math.random()}`)
    .catch(() => undefined);
  if (lock) injector.injectDTMF(params(lock.callId), { lock }).catch(() => {});
}

/** @param {any} credentials */
async function terminateOne(credentials) {
  const worker = new Worker(__filename, { workerData: { credentials } });
  await new Promise((resolve) => worker.once('online', resolve));
  await new Promise((resolve) => setTimeout(resolve, Math.random() * 60));
  await worker.terminate();
}

/** @param {any} credentials @returns {Promise<boolean>} whether it ended with the code it asked for */
function exitOne(credentials) {
  const child = spawn(process.execPath, [__filename, 'exit', JSON.stringify(credentials)], {
    stdio: 'ignore',
  });
  return new Promise((resolve) =>
    child.once('close', (code, signal) => resolve(code === 7 && signal === null)),
  );
}

/** @param {number} count @param {() => Promise<unknown>} one */
async function inParallel(count, one) {
  let left = count;
  const lanes = Array.from({ length: AT_ONCE }, async () => {
    while (left > 0) {
      left -= 1;
      await one();
    }
  });
  await Promise.all(lanes);
}

async function main() {
  const [workers, processes] = [Number(process.argv[2] ?? 200), Number(process.argv[3] ?? 100)];
  const platform = await startPlatform({ latency: { fixedMs: 20 } });
  await inParallel(workers, () => terminateOne(platform.credentials));
  let badExits = 0;
  await inParallel(processes, async () => {
    if (!(await exitOne(platform.credentials))) badExits += 1;
  });
  // The process itself must still be able to press, on calls that the dead may have held.
  const injector = newInjector(platform.credentials);
  const callId = `call-${process.pid}-0`;
  // What a worker had in flight when it was ended may be in doubt, and the digits are the same.
  await injector.resolve(callId, 'not-pressed');
  await injector.injectDTMF(params(callId));
  await injector.close();
  await platform.stop();
  process.stdout.write(`${JSON.stringify({ terminations: workers, exits: processes, badExits })}\n`);
}

if (!isMainThread) {
  void work(workerData.credentials);
} else if (process.argv[2] === 'exit') {
  void work(JSON.parse(process.argv[3] ?? ''));
  setTimeout(() => process.exit(7), Math.random() * 80);
} else {
  void main();
}
