'use strict';

// Eight processes press into the same calls.

const { broken, newFleets, plan } = require('../support/fleet');
const { describeOnRedis, newServers } = require('../support/redis');

jest.setTimeout(180_000);

const MEMBERS = 8;
const EACH = 1000;
const CALLS = 20;
/** Slots a minute: fewer than the processes could use. */
const PER_MINUTE = 36_000;
const BURST = 10;

/** How late a request may be after its slot on a busy machine, in milliseconds. */
const LATE_MS = 2000;

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
    if (what === 'tickets' && name === 'ZADD') {
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

/** The most by which the requests that left in some stretch of time exceed what the limit allows in it. */
function excess(times) {
  const perMs = PER_MINUTE / 60_000;
  let lowest = Infinity;
  let most = -Infinity;
  // (j - i + 1) - rate * (t[j] - t[i]) is largest where t[i] * rate - i was least before.
  for (const [n, at] of times.entries()) {
    lowest = Math.min(lowest, n - at * perMs);
    most = Math.max(most, n + 1 - at * perMs - lowest);
  }
  return most - BURST;
}

describeOnRedis('a fleet', () => {
  const servers = newServers();
  const fleets = newFleets();

  test('8 processes press 8,000 times into 20 calls: in order, one at a time, each once', async () => {
    const redis = await servers.redis();
    const simulator = await fleets.simulator();
    const config = {
      rateLimit: { perMinute: PER_MINUTE, burst: BURST },
      timeoutMs: 5000,
      deadlineMs: 120_000,
    };
    const patient = { ...config, lockTimeoutMs: 120_000 };
    const fleet = { url: redis.url, leaseMs: 10_000, timeoutMs: 3000 };
    const members = await fleets.members(MEMBERS, simulator, fleet, patient);
    const monitor = await redis.monitor();
    const started = performance.now();
    const outcomes = await Promise.all(members.map((member, n) => member.pressAll(plan(n, EACH, CALLS))));
    const seconds = (performance.now() - started) / 1000;
    monitor.stop();

    expect(outcomes.flat().filter(({ delivery }) => delivery !== 'accepted')).toEqual([]);
    expect(broken(simulator, outcomes)).toEqual([]);
    const { executions, overlaps, tokenRequests } = simulator.stats();
    expect({ executions, overlaps, tokenRequests }).toEqual({
      executions: MEMBERS * EACH,
      overlaps: 0,
      tokenRequests: 1,
    });
    const { wrong, tickets } = outOfTurn(monitor.lines);
    expect(wrong).toEqual([]);
    expect(tickets).toBeGreaterThan(CALLS);

    const times = simulator.requests().flatMap(({ kind, atMs }) => (kind === 'dtmf' ? [atMs] : []));
    expect(times).toHaveLength(MEMBERS * EACH);
    expect(excess(times)).toBeLessThanOrEqual((LATE_MS * PER_MINUTE) / 60_000);
    // The limit was what they waited for, at least in part.
    expect(seconds).toBeGreaterThan(((MEMBERS * EACH - BURST) * 60) / PER_MINUTE);
    const metrics = await Promise.all(members.map((member) => member.metrics()));
    const sum = (name) => metrics.reduce((total, { fleet: counts }) => total + counts[name], 0);
    expect(sum('sharedTokens')).toBe(MEMBERS - 1);
    expect(sum('ownSlots')).toBe(0);
    // One for each slot, and less than two for a lease, which many share.
    expect(sum('roundTrips') / (MEMBERS * EACH)).toBeLessThan(3);
  });
});
