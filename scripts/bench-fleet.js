'use strict';

// How many injections a second a fleet presses, and what they cost in Redis.
//
//   npm run bench:fleet [-- --seconds 5] [--json]
//
// 1, 2 and 4 processes press into 1, 100 and 10,000 calls, with 256 injections under way in all; the first rows are one
// process without a fleet, for comparison. Simulator and Redis server run on this machine too, each in a process of
// its own, and take their share of it. Progress goes to standard error, the result to standard output.

const { fork } = require('node:child_process');
const { parseArgs } = require('node:util');

const { RedisServer } = require('./lib/redis-server.js');
const { newInjector, params, startPlatform } = require('./soak/client.js');

const PROCESSES = [1, 2, 4];
const CALLS = [1, 100, 10_000];
const UNDER_WAY = 256;

/** @typedef {{ processes: number, calls: number, fleet: boolean, perSecond: number, roundTrips: number | null, waits: number | null }} Row */

/** @param {any} task one process: presses for so long, then says what it did */
async function work({ credentials, url, calls, underWay, ms }) {
  const patient = { maxWaitingPerCall: 1000, deadlineMs: 60_000, lockTimeoutMs: 60_000 };
  const injector = newInjector(credentials, url ? { ...patient, fleet: { url } } : patient);
  const press = () => injector.injectDTMF(params(`call-${Math.floor(Math.random() * calls)}`));
  const lanes = async (/** @type {number} */ until) => {
    let count = 0;
    const lane = async () => {
      while (performance.now() < until) {
        await press();
        if (performance.now() < until) count += 1;
      }
    };
    await Promise.all(Array.from({ length: underWay }, lane));
    return count;
  };
  await lanes(performance.now() + 500);
  const before = injector.metrics();
  const count = await lanes(performance.now() + ms);
  const after = injector.metrics();
  const grown = (/** @type {'roundTrips' | 'leaseWaits'} */ name) =>
    (after.fleet?.[name] ?? 0) - (before.fleet?.[name] ?? 0);
  const pressed = after.injections.accepted - before.injections.accepted;
  process.send?.({ count, pressed, roundTrips: grown('roundTrips'), waits: grown('leaseWaits') });
  await injector.close();
  process.disconnect();
}

/**
 * @param {object} task
 * @returns {Promise<{ count: number, pressed: number, roundTrips: number, waits: number }>}
 */
function runMember(task) {
  const child = fork(__filename, ['--member']);
  child.send(task);
  return new Promise((resolve, reject) => {
    child.once('message', (/** @type {any} */ done) => child.once('close', () => resolve(done)));
    child.once('error', reject).once('close', (code) => code && reject(new Error(`it ended with ${code}`)));
  });
}

/**
 * @param {{ processes: number, calls: number, fleet: boolean, ms: number }} round
 * @returns {Promise<Row>}
 */
async function measure({ processes, calls, fleet, ms }) {
  const redis = fleet ? await RedisServer.start() : undefined;
  const platform = await startPlatform();
  const underWay = Math.floor(UNDER_WAY / processes);
  const task = { credentials: platform.credentials, url: redis?.url, calls, underWay, ms };
  const done = await Promise.all(Array.from({ length: processes }, () => runMember(task)));
  const { overlaps } = await platform.stop();
  await redis?.stop();
  if (overlaps > 0) throw new Error(`${overlaps} overlaps: the figures are worth nothing`);
  const sum = (/** @type {'count' | 'pressed' | 'roundTrips' | 'waits'} */ name) =>
    done.reduce((total, one) => total + one[name], 0);
  const each = (/** @type {'roundTrips' | 'waits'} */ name) =>
    fleet ? Number((sum(name) / sum('pressed')).toFixed(2)) : null;
  const perSecond = Math.round((sum('count') * 1000) / ms);
  return { processes, calls, fleet, perSecond, roundTrips: each('roundTrips'), waits: each('waits') };
}

/** @param {Row[]} rows */
function table(rows) {
  const cells = rows.map(({ processes, calls, fleet, perSecond, roundTrips, waits }) => [
    fleet ? String(processes) : `${processes}, no fleet`,
    calls.toLocaleString('en'),
    perSecond.toLocaleString('en'),
    String(roundTrips ?? '–'),
    String(waits ?? '–'),
  ]);
  const head = ['processes', 'calls', 'injections/s', 'round trips each', 'waits for another process each'];
  const all = [head, head.map(() => '---'), ...cells];
  return all.map((row) => `| ${row.join(' | ')} |`).join('\n');
}

/** @param {string[]} args */
async function main(args) {
  const { values } = parseArgs({
    args,
    options: { seconds: { type: 'string', default: '5' }, json: { type: 'boolean', default: false } },
  });
  const ms = Number(values.seconds) * 1000;
  if (!(ms > 0)) throw new Error('--seconds must be a number above 0');
  const rounds = CALLS.map((calls) => ({ processes: 1, calls, fleet: false, ms })).concat(
    PROCESSES.flatMap((processes) => CALLS.map((calls) => ({ processes, calls, fleet: true, ms }))),
  );
  /** @type {Row[]} */
  const rows = [];
  for (const [n, round] of rounds.entries()) {
    const { processes, calls, fleet } = round;
    const what = `${processes} processes, ${calls} calls${fleet ? '' : ', no fleet'}`;
    process.stderr.write(`${n + 1}/${rounds.length}  ${what}\n`);
    rows.push(await measure(round));
  }
  process.stdout.write(
    values.json ? `${JSON.stringify({ seconds: ms / 1000, rows })}\n` : `${table(rows)}\n`,
  );
}

if (process.argv[2] === '--member') {
  process.once('message', (task) => void work(task));
} else {
  main(process.argv.slice(2)).catch((error) => {
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 1;
  });
}
