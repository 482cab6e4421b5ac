'use strict';

// The same on a cluster of three masters.

const { broken, newFleets, plan } = require('../support/fleet');
const { describeOnRedis, newServers } = require('../support/redis');

jest.setTimeout(120_000);

describeOnRedis('a cluster', () => {
  const servers = newServers();
  const fleets = newFleets();

  test('4 processes press 800 times into 20 calls that lie on three masters', async () => {
    const cluster = await servers.cluster();
    const simulator = await fleets.simulator();
    const rateLimit = { perMinute: 30_000, perCallPerMinute: 6000, burst: 5 };
    // One of the nodes is enough to find the others.
    const members = await fleets.members(4, simulator, { url: [cluster.urls[1]] }, { rateLimit });
    const outcomes = await Promise.all(members.map((member, n) => member.pressAll(plan(n, 200, 20))));
    expect(outcomes.flat().filter(({ delivery }) => delivery !== 'accepted')).toEqual([]);
    expect(broken(simulator, outcomes)).toEqual([]);
    expect(simulator.stats()).toMatchObject({ executions: 800, overlaps: 0, tokenRequests: 1 });
    // Each master has some of the calls.
    for (const node of cluster.nodes) {
      const stored = await node.ask('KEYS', '*:lock:*');
      expect(stored.length).toBeGreaterThan(0);
    }
  });
});
