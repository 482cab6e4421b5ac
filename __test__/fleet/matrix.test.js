'use strict';

// The ways in which people run a server, each with what happens to it while three processes press. `npm run test:servers`
// runs the same on other servers than that of this machine.

const { setTimeout: delay } = require('node:timers/promises');

const { HARMLESS, Presses, SLOW } = require('../support/fleet-faults');
const { LEASE_MS, broken, newFleets, plan } = require('../support/fleet');
const { describeOnRedis, newServers, until } = require('../support/redis');

jest.setTimeout(180_000);

/**
 * After a lease those of before have ended, and after eight seconds a waiter whose process gave it up while the server was
 * replaced is passed over. The rest is what a busy machine needs.
 */
const BACK_MS = 8000 + 4 * LEASE_MS;

/** The replica takes the place of its master, which lives on. */
async function fail(way, master, replica) {
  await replica.ask('REPLICAOF', 'NO', 'ONE');
  way.port = replica.port;
  await master.ask('REPLICAOF', '127.0.0.1', replica.port);
}

describeOnRedis('a server that is run', () => {
  const servers = newServers();
  const fleets = newFleets();

  /**
   * @param {object} fleet where the processes meet
   * @param {(presses: Presses[]) => unknown} fault what happens meanwhile
   * @returns {Promise<object[]>} the outcomes that are no success
   */
  async function pressing(fleet, fault) {
    const simulator = await fleets.simulator(SLOW);
    const members = await fleets.members(3, simulator, fleet);
    const pressed = members.map((member, n) => member.pressAll(plan(n, 100, 5)));
    const presses = members.map((member, n) => new Presses(member, n));
    await until('the beginning', () => simulator.stats().executions >= 30);
    await fault(presses);
    const began = performance.now();
    await Promise.all(presses.map((one) => one.untilAccepted()));
    expect(performance.now() - began).toBeLessThan(BACK_MS);
    const all = [...(await Promise.all(pressed)), ...presses.map(({ outcomes }) => outcomes)];
    expect(broken(simulator, all)).toEqual([]);
    const failed = all.flat().filter(({ delivery }) => delivery !== 'accepted');
    for (const { delivery, code } of failed) {
      expect(delivery).toBe('not-sent');
      expect(HARMLESS).toContain(code);
    }
    const last = await Promise.all(members.map((member) => member.metrics()));
    for (const { fleet: counted } of last) expect(counted.unavailableMs).toBeNull();
    return failed;
  }

  test('alone', async () => {
    const redis = await servers.redis();
    const failed = await pressing({ url: redis.url }, () => redis.ask('SCRIPT', 'FLUSH'));
    expect(failed).toEqual([]);
  });

  test('behind one address, which leads to the new master', async () => {
    const master = await servers.redis();
    const replica = await servers.replica(master);
    const way = await fleets.way(master);
    await pressing({ url: way.url }, () => fail(way, master, replica));
  });

  test('behind one address, where a process that went on without leases has them again', async () => {
    const master = await servers.redis();
    const replica = await servers.replica(master);
    const way = await fleets.way(master);
    const simulator = await fleets.simulator();
    const [member] = await fleets.members(1, simulator, { url: way.url, onUnavailable: 'local' });
    await expect(member.press('call-0', '1')).resolves.toMatchObject({ fence: expect.any(Number) });
    await fail(way, master, replica);
    const began = performance.now();
    const outcomes = [await member.press('call-0', '2')];
    while (typeof outcomes.at(-1).fence !== 'number') outcomes.push(await member.press('call-0', '2'));
    expect(performance.now() - began).toBeLessThan(BACK_MS);
    for (const { delivery } of outcomes) expect(delivery).toBe('accepted');
    await expect(member.metrics()).resolves.toMatchObject({ fleet: { unavailableMs: null } });
  });

  test('with a Sentinel, which replaces a master that died', async () => {
    const master = await servers.redis();
    const replica = await servers.replica(master);
    const sentinel = await servers.sentinel(master);
    await until('the Sentinel knows the replica', async () =>
      (await sentinel.ask('INFO', 'sentinel')).includes('slaves=1'),
    );
    const fleet = { sentinels: ['redis://127.0.0.1:1', sentinel.url], master: 'main' };
    const failed = await pressing(fleet, async ([one]) => {
      await master.kill();
      await one.untilFailed(1);
      // The Sentinel ends the connections of a server whose role it changes.
      const role = () => replica.ask('ROLE').catch(() => []);
      await until('the replica is promoted', async () => (await role())[0] === 'master');
    });
    expect(failed.length).toBeGreaterThan(0);
  });

  test('as a cluster, of which slots are moved', async () => {
    const cluster = await servers.cluster();
    const failed = await pressing({ url: cluster.urls }, async () => {
      const [key] = (await Promise.all(cluster.nodes.map((node) => node.ask('KEYS', '*:lock:*')))).flat();
      for (const pauseMs of [0, 300, 1000]) {
        await cluster.move(key, pauseMs);
        await delay(100);
      }
    });
    // The call waits as long as its callers do, and not for less.
    expect(failed).toEqual([]);
  });
});
