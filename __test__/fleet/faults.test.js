'use strict';

// What may happen to processes, servers and the way between them: no overlap and nothing twice, whatever it is.

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { setTimeout: delay } = require('node:timers/promises');

const { LEASE_MS, broken, inversions, newFleets, plan } = require('../support/fleet');
const { describeOnRedis, newServers } = require('../support/redis');

jest.setTimeout(120_000);

/** Why an injection may fail, unsent, while the server or its lease is gone. */
const HARMLESS = ['ERR_DTMF_STORE', 'ERR_DTMF_LOCK_LOST', 'ERR_DTMF_LOCK_TIMEOUT'];

const SLOW = { latency: { minMs: 1, maxMs: 10 } };

describeOnRedis('faults', () => {
  const servers = newServers();
  const fleets = newFleets();

  /** Three processes under load, what happens meanwhile, and what came of it. */
  async function during(fault, { each = 150, calls = 3 } = {}) {
    const redis = await servers.redis();
    const simulator = await fleets.simulator(SLOW);
    const way = await fleets.way(redis);
    const members = [
      ...(await fleets.members(2, simulator, { url: redis.url })),
      ...(await fleets.members(1, simulator, { url: way.url })),
    ];
    const pressed = members.map((member, n) => member.pressAll(plan(n, each, calls)));
    while (simulator.stats().executions < 30) await delay(2);
    await fault({ redis, way, members, simulator });
    const outcomes = await Promise.all(pressed);
    // They go on afterwards.
    const after = [];
    for (const [n, member] of members.entries()) {
      let last;
      for (let tries = 0; tries < 60 && last?.delivery !== 'accepted'; tries += 1) {
        last = await member.press('call-0', `${n}${String(tries).padStart(3, '0')}*`);
        after.push([last]);
        if (last.delivery !== 'accepted') await delay(100);
      }
      expect(last).toMatchObject({ delivery: 'accepted' });
    }
    expect(broken(simulator, [...outcomes, ...after])).toEqual([]);
    const failed = [...outcomes, ...after].flat().filter(({ delivery }) => delivery !== 'accepted');
    for (const one of failed) {
      expect(one).toMatchObject({ delivery: 'not-sent', code: expect.stringMatching(HARMLESS.join('|')) });
    }
    return failed;
  }

  test('scripts that the server forgot are loaded again, and nobody notices', async () => {
    const failed = await during(({ redis }) => redis.ask('SCRIPT', 'FLUSH'));
    expect(failed).toEqual([]);
  });

  test('a server that pauses is waited for, or the digits stay here', async () => {
    await during(({ redis }) => redis.ask('CLIENT', 'PAUSE', 1000, 'ALL'));
  });

  test('a server that was killed comes back empty, and gives no lease before the old ones have ended', async () => {
    let executions;
    const failed = await during(async ({ redis, simulator }) => {
      await redis.kill();
      await delay(300);
      await redis.restart();
      executions = simulator.stats().executions;
    });
    expect(executions).toBeGreaterThan(0);
    expect(failed.length).toBeGreaterThan(0);
  });

  test('all keys are deleted while leases are held', async () => {
    await during(({ redis }) => redis.ask('FLUSHALL'));
  });

  test('a process that is cut off from the server stays silent, and the others go on', async () => {
    const failed = await during(async ({ way }) => {
      way.swallow();
      await delay(LEASE_MS);
      way.restore();
    });
    expect(failed.length).toBeGreaterThan(0);
    expect(new Set(failed.map(({ digits }) => digits[0]))).toEqual(new Set(['2']));
  });

  test('a holder is killed: the next one waits for the end of its lease', async () => {
    const redis = await servers.redis();
    const simulator = await fleets.simulator(SLOW);
    const [dying, living] = await fleets.members(2, simulator, { url: redis.url });
    dying.pressAll(plan(0, 200, 1)).catch(() => {});
    while (simulator.stats().executions < 20) await delay(2);
    await dying.kill();
    const heard = simulator.stats().executions;
    const killed = performance.now();
    const outcomes = [await living.pressAll(plan(1, 50, 1))];
    expect(performance.now() - killed).toBeGreaterThan(LEASE_MS / 3);
    expect(outcomes[0].every(({ delivery }) => delivery === 'accepted')).toBe(true);
    expect(broken(simulator, outcomes)).toEqual([]);
    expect(new Set(simulator.digits('call-0')).size).toBe(simulator.stats().executions);
    expect(simulator.stats().executions).toBeLessThanOrEqual(heard + 51);
  });

  test('a holder that stood still past its lease does not send when it goes on', async () => {
    const redis = await servers.redis();
    const simulator = await fleets.simulator(SLOW);
    const [stopped, other] = await fleets.members(2, simulator, { url: redis.url });
    const lock = await stopped.lock('call-0');
    await expect(stopped.press('call-0', '1#', { lock })).resolves.toMatchObject({ delivery: 'accepted' });
    stopped.signal('SIGSTOP');
    const pressed = await other.press('call-0', '2#');
    expect(pressed).toMatchObject({ delivery: 'accepted' });
    const late = stopped.press('call-0', '3#', { lock });
    stopped.signal('SIGCONT');
    await expect(late).resolves.toMatchObject({ code: 'ERR_DTMF_LOCK_LOST', delivery: 'not-sent' });
    expect(simulator.digits('call-0')).toEqual(['1#', '2#']);
    expect(simulator.stats().overlaps).toBe(0);
  });

  test('processes that stand still in the middle of their work', async () => {
    const redis = await servers.redis();
    const simulator = await fleets.simulator(SLOW);
    const members = await fleets.members(3, simulator, { url: redis.url });
    const pressed = members.map((member, n) => member.pressAll(plan(n, 200, 2)));
    for (const member of members.slice(0, 2)) {
      await delay(50);
      member.signal('SIGSTOP');
      await delay(LEASE_MS * 1.2);
      member.signal('SIGCONT');
    }
    const outcomes = await Promise.all(pressed);
    // What stood still while its digits were out does not know what became of them: that is told, and not repeated.
    const allowed = [...HARMLESS, 'ERR_DTMF_OUTCOME_UNKNOWN', 'ERR_DTMF_AFTER_UNKNOWN', 'ERR_DTMF_CONNECT'];
    for (const one of outcomes.flat().filter(({ code }) => code !== null)) {
      expect(one.code).toMatch(new RegExp(allowed.join('|')));
    }
    expect(broken(simulator, outcomes)).toEqual([]);
  });

  test('a replica is promoted while a holder lives: the overlap can be seen by the fences', async () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'cxone-dtmf-fleet-'));
    try {
      const master = await servers.redis();
      const way = await fleets.way(master);
      const replica = await servers.replica(master);
      const simulator = await fleets.simulator();
      // A platform that takes whatever comes, and takes its time: the simulator's own rules would refuse the second.
      simulator.script([{ times: 1000, delayMs: 300 }]);
      const auditLog = (name) => ({ auditLog: { file: path.join(folder, name), durability: 'none' } });
      const [holder] = await fleets.members(1, simulator, { url: way.url }, auditLog('holder'));
      const lock = await holder.lock('call-0');
      // The holder's connection stays with the old master; who comes now finds the new one.
      await replica.ask('REPLICAOF', 'NO', 'ONE');
      way.port = replica.port;
      const [other] = await fleets.members(1, simulator, { url: way.url }, auditLog('other'));
      const taken = other.lock('call-0');
      const mine = [];
      let theirs;
      const taking = taken.then(async (theirLock) => {
        theirs = [await other.press('call-0', '2#', { lock: theirLock })];
      });
      for (let n = 0; theirs === undefined || n < 2; n += 1) {
        mine.push(await holder.press('call-0', `1${String(n).padStart(4, '0')}`, { lock }));
      }
      mine.push(await holder.press('call-0', '19999', { lock }));
      await taking;

      expect([...mine, ...theirs].filter(({ delivery }) => delivery !== 'accepted')).toEqual([]);
      expect(simulator.stats().overlaps).toBeGreaterThan(0);
      const of = new Map([...mine, ...theirs].map((one) => [one.digits, one]));
      const inOrder = simulator.executions().map(({ digits }) => of.get(digits));
      expect(inversions(inOrder).length).toBeGreaterThan(0);
      await Promise.all([holder.close(), other.close()]);
      // The records alone tell it too: by their times and fences, without any digit.
      const records = ['holder', 'other'].flatMap((name) =>
        fs
          .readFileSync(path.join(folder, name), 'utf8')
          .split('\n')
          .filter((line) => line.includes('"fence"'))
          .map((line) => JSON.parse(line)),
      );
      const fences = new Set(records.map(({ fence }) => fence));
      expect(fences.size).toBe(2);
      expect(records.length).toBe(2 * (mine.length + theirs.length));
      records.sort((a, b) => (a.t < b.t ? -1 : 1));
      const timed = records.map(({ fence }) => ({ callId: 'call-0', digits: '', fence }));
      expect(inversions(timed).length).toBeGreaterThan(0);
    } finally {
      fs.rmSync(folder, { recursive: true, force: true });
    }
  });
});
