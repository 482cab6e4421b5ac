'use strict';

// Processes press into the same calls, all at once.

const { broken, plan } = require('./fleet');

const CALLS = 20;
/** Slots a minute: fewer than the processes could use. */
const PER_MINUTE = 36_000;
const BURST = 10;

/** The commands that scripts gave, in order: `[name, key, ...]`. */
function commands(lines) {
  const words = /"((?:[^"\\]|\\.)*)"/g;
  return lines
    .filter((line) => line.includes('lua]'))
    .map((line) => [...line.matchAll(words)].map(([, word]) => word));
}

/**
 * Where a lease was given to somebody else than the first in line, as the server took the tickets.
 * @param {string[]} lines of MONITOR
 */
function outOfTurn(lines) {
  const queues = new Map();
  const called = new Map();
  const wrong = [];
  let tickets = 0;
  for (const [name, key, ...rest] of commands(lines)) {
    const [, what, call] = /:(tickets|lock):(.*)$/.exec(key ?? '') ?? [];
    const queue = queues.get(call) ?? [];
    // One with XX takes no ticket: it is there to be refused where memory is full.
    if (what === 'tickets' && name === 'ZADD' && rest[0] !== 'XX') {
      tickets += 1;
      queues.set(call, [...queue, rest[1]]);
    } else if (what === 'tickets' && name === 'ZREM') {
      const at = queue.indexOf(rest[0]);
      called.set(call, at < 0 ? undefined : rest[0]);
      if (at > 0) wrong.push(`${call}: number ${at + 1} in line was called`);
      if (at >= 0) queues.set(call, queue.toSpliced(at, 1));
    } else if (what === 'lock' && name === 'HSET' && rest[0] === 'owner') {
      const first = called.get(call) === rest[1] || queue.length === 0;
      if (!first) wrong.push(`${call}: somebody overtook the line`);
    }
  }
  return { wrong, tickets };
}

/**
 * Requests that left before the slots of the limit can have begun. A busy machine only makes them later.
 * @param {number[]} times of the requests in their order, from a moment before the first slot, in milliseconds
 */
function tooSoon(times) {
  const slotMs = 60_000 / PER_MINUTE;
  return times.filter((at, n) => at < (n - BURST) * slotMs);
}

/**
 * What each booking added to the server's schedule: the time of a slot for each slot of it, or more after a pause.
 * @param {string[]} lines of MONITOR
 */
function bookings(lines) {
  const schedule = commands(lines)
    .filter(([name, key]) => name === 'SET' && /:rate:/.test(key))
    .map(([, , microseconds]) => Number(microseconds));
  return schedule.slice(1).map((at, n) => at - schedule[n]);
}

/**
 * @param {object} of the suite's `servers` and `fleets`
 * @param {number} count of the processes
 * @param {number} each of their injections
 */
async function pressTogether({ servers, fleets }, count, each) {
  const redis = await servers.redis();
  const simulator = await fleets.simulator();
  const config = {
    rateLimit: { perMinute: PER_MINUTE, burst: BURST },
    timeoutMs: 5000,
    deadlineMs: 240_000,
    lockTimeoutMs: 240_000,
  };
  const fleet = { url: redis.url, leaseMs: 12_000, timeoutMs: 3000, connectTimeoutMs: 10_000 };
  const members = await fleets.members(count, simulator, fleet, config);
  const monitor = await redis.monitor();
  // The first entry of the journal is the moment from which times are counted.
  await fetch(simulator.url);
  const outcomes = await Promise.all(members.map((member, n) => member.pressAll(plan(n, each, CALLS))));
  monitor.stop();

  expect(outcomes.flat().filter(({ delivery }) => delivery !== 'accepted')).toEqual([]);
  expect(broken(simulator, outcomes)).toEqual([]);
  const { executions, overlaps, tokenRequests } = simulator.stats();
  expect({ executions, overlaps, tokenRequests }).toEqual({
    executions: count * each,
    overlaps: 0,
    tokenRequests: 1,
  });
  const { wrong, tickets } = outOfTurn(monitor.lines);
  expect(wrong).toEqual([]);
  expect(tickets).toBeGreaterThan(CALLS);

  const [{ atMs: begun }, ...requests] = simulator.requests();
  const times = requests.flatMap(({ kind, atMs }) => (kind === 'dtmf' ? [atMs - begun] : []));
  expect(times).toHaveLength(count * each);
  expect(tooSoon(times)).toEqual([]);
  const added = bookings(monitor.lines);
  const slot = 60_000_000 / PER_MINUTE - 1;
  expect(added.filter((microseconds) => microseconds < slot)).toEqual([]);
  // The first booking, of a whole burst at most, is where the others begin.
  const booked = added.reduce((sum, microseconds) => sum + microseconds, 0);
  expect(booked).toBeGreaterThanOrEqual((count * each - BURST) * slot);
  const metrics = await Promise.all(members.map((member) => member.metrics()));
  const sum = (name) => metrics.reduce((total, { fleet: counts }) => total + counts[name], 0);
  expect(sum('sharedTokens')).toBe(count - 1);
  expect(sum('ownSlots')).toBe(0);
  // One for each slot at most, and less than two for a lease, which many share.
  expect(sum('roundTrips') / (count * each)).toBeLessThan(3);
}

module.exports = { pressTogether };
