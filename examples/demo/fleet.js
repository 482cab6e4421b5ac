'use strict';

// Several processes press into the same calls, with Redis between them: `npm start -- --fleet 4`.

const { fork } = require('node:child_process');
const path = require('node:path');

const { startSimulator } = require('cxone-dtmf/simulator');

const { RedisServer } = require('../../scripts/lib/redis-server.js');
const { Progress } = require('./progress.js');
const { sequence } = require('./sequences.js');

/** @typedef {import('./fleet-member.js').Planned} Planned */
/** @typedef {import('./fleet-member.js').Pressed} Pressed */
/** @typedef {{ rule: string, ok: boolean }} Rule */

const CALLS = 5;
const EACH = 50;
const PER_MINUTE = 6000;

/**
 * @param {number} member
 * @returns {Planned[]}
 */
function plan(member) {
  return Array.from({ length: EACH }, (_, n) => ({ callId: `call-${n % CALLS}`, n: member * EACH + n }));
}

/**
 * Runs one process to its end.
 *
 * @param {object} task
 * @param {() => void} step
 * @returns {Promise<{ pressed: Pressed[], roundTrips: number }>}
 */
function runMember(task, step) {
  const child = fork(path.join(__dirname, 'fleet-member.js'));
  /** @type {Pressed[]} */
  const all = [];
  let roundTrips = 0;
  child.on('message', (/** @type {any} */ { pressed, roundTrips: count = 0 }) => {
    roundTrips += count;
    if (!pressed) return;
    all.push(pressed);
    step();
  });
  child.send(task);
  return new Promise((resolve, reject) => {
    child.once('error', reject).once('close', (code) => {
      if (code === 0) resolve({ pressed: all, roundTrips });
      else reject(new Error(`a process ended with ${code}`));
    });
  });
}

/**
 * @param {import('cxone-dtmf/simulator').Simulator} simulator
 * @param {Pressed[]} pressed
 * @returns {Rule[]}
 */
function check(simulator, pressed) {
  const byDigits = new Map(pressed.map((one) => [sequence(one.n), one]));
  const heard = simulator.executions().map(({ digits }) => byDigits.get(digits));
  const inOrder = (
    /** @type {(one: Pressed) => string} */ group,
    /** @type {(one: Pressed) => number} */ of,
  ) => {
    /** @type {Map<string, number>} */
    const last = new Map();
    return heard.every((one) => {
      if (!one) return false;
      const before = last.get(group(one)) ?? -1;
      last.set(group(one), of(one));
      return before <= of(one);
    });
  };
  const member = (/** @type {Pressed} */ { n }) => Math.floor(n / EACH);
  const { overlaps, tokenRequests } = simulator.stats();
  return [
    { rule: 'all were accepted', ok: pressed.every(({ delivery }) => delivery === 'accepted') },
    {
      rule: 'each was heard once',
      ok: heard.length === pressed.length && new Set(heard).size === heard.length,
    },
    { rule: 'no call had two requests at once', ok: overlaps === 0 },
    {
      rule: 'what a process asked for a call was heard in that order',
      ok: inOrder(
        (one) => `${member(one)} ${one.callId}`,
        ({ n }) => n,
      ),
    },
    {
      rule: 'in each call the leases of the processes followed one another',
      ok: inOrder(
        ({ callId }) => callId,
        ({ fence }) => fence ?? -1,
      ),
    },
    { rule: 'one token served all of them', ok: tokenRequests === 1 },
  ];
}

/**
 * @param {import('./screen.js').Screen} screen
 * @param {number} members
 */
async function runFleet(screen, members) {
  screen.title(`${members} processes press ${EACH} sequences each into the same ${CALLS} calls`);
  const redis = await RedisServer.start();
  const simulator = await startSimulator({ autoCalls: true, latency: { minMs: 1, maxMs: 10 } });
  const started = performance.now();
  try {
    screen.note(
      `A Redis server on port ${redis.port}, a rate limit of ${PER_MINUTE} a minute for all together.`,
    );
    const progress = new Progress(screen, members * EACH);
    const task = { credentials: simulator.credentials, url: redis.url, perMinute: PER_MINUTE };
    const all = await Promise.all(
      Array.from({ length: members }, (_, n) =>
        runMember({ ...task, planned: plan(n) }, () => progress.step()),
      ),
    );
    const pressed = all.flatMap((one) => one.pressed);
    const rules = check(simulator, pressed);
    const roundTrips = all.reduce((sum, one) => sum + one.roundTrips, 0) / pressed.length;
    for (const { rule, ok } of rules) screen.verdict(ok, rule);
    const ok = rules.every((one) => one.ok);
    const seconds = Number(((performance.now() - started) / 1000).toFixed(1));
    const { overlaps } = simulator.stats();
    screen.say('');
    screen.say(
      ok
        ? `check ok: ${members} processes, ${pressed.length} sequences in ${CALLS} calls; in order, ${overlaps} overlaps, ` +
            `none twice; ${roundTrips.toFixed(1)} round trips to Redis each (${seconds.toFixed(1)} s)`
        : `check failed: ${rules.filter((one) => !one.ok).length} of ${rules.length} rules (${seconds.toFixed(1)} s)`,
    );
    return { ok, seconds, fleet: { members, injections: pressed.length, overlaps, roundTrips }, rules };
  } finally {
    await simulator.stop();
    await redis.stop();
  }
}

module.exports = { check, plan, runFleet };
