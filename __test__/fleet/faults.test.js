'use strict';

// What may happen to processes, servers and the way between them: no overlap and nothing twice, whatever it is.
// More of it is in ../long/fleet.

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');

const { until } = require('../support/bench');
const { broken, inversions, newFleets, plan } = require('../support/fleet');
const { SLOW, during } = require('../support/fleet-faults');
const { describeOnRedis, newServers } = require('../support/redis');

jest.setTimeout(120_000);

/** When the lease on the only call of a fleet ends, in milliseconds since 1970 by the server's clock, which is ours. */
async function leaseEnds(redis) {
  const [key] = await redis.ask('KEYS', '*:lock:*');
  return Number(await redis.ask('HGET', key, 'ends'));
}

describeOnRedis('faults', () => {
  const servers = newServers();
  const fleets = newFleets();

  test('scripts that the server forgot are loaded again, and nobody notices', async () => {
    const failed = await during({ servers, fleets }, ({ redis }) => redis.ask('SCRIPT', 'FLUSH'));
    expect(failed).toEqual([]);
  });

  test('a process that is cut off from the server stays silent, and the others go on', async () => {
    const failed = await during({ servers, fleets }, async ({ way, presses: [other, , cutOff] }) => {
      way.swallow();
      await cutOff.untilFailed();
      await other.untilAccepted();
      way.restore();
    });
    expect(failed.length).toBeGreaterThanOrEqual(2);
    expect(new Set(failed.map(({ digits }) => digits[0]))).toEqual(new Set(['2']));
  });

  test('a holder is killed: the next one waits for the end of its lease', async () => {
    const redis = await servers.redis();
    const simulator = await fleets.simulator(SLOW);
    const [dying, living] = await fleets.members(2, simulator, { url: redis.url });
    // The lock keeps the lease there, also when all have been pressed by then.
    const lock = await dying.lock('call-0');
    dying.pressAll(plan(0, 200, 1).map((one) => ({ ...one, lock }))).catch(() => {});
    await until(() => simulator.stats().executions >= 20, 'the beginning');
    await dying.kill();
    const heard = simulator.stats().executions;
    const ends = await leaseEnds(redis);
    expect(ends).toBeGreaterThan(0);
    const first = await living.press('call-0', '1*');
    expect(Date.now()).toBeGreaterThanOrEqual(ends);
    const outcomes = [[first, ...(await living.pressAll(plan(1, 50, 1)))]];
    expect(outcomes[0].filter(({ delivery }) => delivery !== 'accepted')).toEqual([]);
    expect(broken(simulator, outcomes)).toEqual([]);
    expect(new Set(simulator.digits('call-0')).size).toBe(simulator.stats().executions);
    // One may have been on its way.
    expect(simulator.stats().executions).toBeLessThanOrEqual(heard + 52);
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

  test('a replica is promoted while a holder lives: the overlap can be seen by the fences', async () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'cxone-dtmf-fleet-'));
    try {
      const master = await servers.redis();
      const way = await fleets.way(master);
      const replica = await servers.replica(master);
      const simulator = await fleets.simulator();
      // A platform that takes whatever comes, and takes its time: the simulator's own rules would refuse the second.
      simulator.script([{ times: 100_000, delayMs: 100 }]);
      const auditLog = (name) => {
        const directory = path.join(folder, name);
        fs.mkdirSync(directory);
        return { auditLog: { directory, durability: 'none' } };
      };
      const [holder] = await fleets.members(1, simulator, { url: way.url }, auditLog('holder'));
      const lock = await holder.lock('call-0');
      // The holder's connection stays with the old master; who comes now finds the new one.
      await replica.ask('REPLICAOF', 'NO', 'ONE');
      way.port = replica.port;
      const [other] = await fleets.members(1, simulator, { url: way.url }, auditLog('other'));
      const theirLock = await other.lock('call-0');
      const mine = [];
      const theirs = [];
      const press = async (member, outcomes, held) => {
        const digits = `${member === holder ? 1 : 2}${String(outcomes.length).padStart(4, '0')}`;
        outcomes.push(await member.press('call-0', digits, { lock: held }));
      };
      // Both hold the call, and press until they have met.
      while (simulator.stats().overlaps === 0) {
        await Promise.all([press(holder, mine, lock), press(other, theirs, theirLock)]);
      }
      await press(holder, mine, lock);

      expect([...mine, ...theirs].filter(({ delivery }) => delivery !== 'accepted')).toEqual([]);
      const of = new Map([...mine, ...theirs].map((one) => [one.digits, one]));
      const inOrder = simulator.executions().map(({ digits }) => of.get(digits));
      expect(inversions(inOrder).length).toBeGreaterThan(0);
      await Promise.all([holder.close(), other.close()]);
      // The records alone tell it too: by their times and fences, without any digit.
      const records = ['holder', 'other'].flatMap((name) =>
        fs
          .readdirSync(path.join(folder, name))
          .map((file) => fs.readFileSync(path.join(folder, name, file), 'utf8'))
          .join('')
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
