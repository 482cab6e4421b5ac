'use strict';

// What else may happen to servers and processes: no overlap and nothing twice, whatever it is.

const { until } = require('../../support/bench');
const { broken, newFleets, plan } = require('../../support/fleet');
const { HARMLESS, SLOW, during } = require('../../support/fleet-faults');
const { describeOnRedis, newServers } = require('../../support/redis');

describeOnRedis('faults', () => {
  const servers = newServers();
  const fleets = newFleets();

  test('a server that pauses is waited for, or the digits stay here', async () => {
    await during({ servers, fleets }, ({ redis }) => redis.ask('CLIENT', 'PAUSE', 2000, 'ALL'));
  });

  test('a server that was killed comes back empty, and gives no lease before the old ones have ended', async () => {
    const failed = await during({ servers, fleets }, async ({ redis, presses: [one] }) => {
      await redis.kill();
      await one.untilFailed();
      await redis.restart();
    });
    expect(failed.length).toBeGreaterThanOrEqual(2);
  });

  test('all keys are deleted while leases are held', async () => {
    await during({ servers, fleets }, ({ redis }) => redis.ask('FLUSHALL'));
  });

  test('processes that stand still in the middle of their work', async () => {
    const redis = await servers.redis();
    const simulator = await fleets.simulator(SLOW);
    const [witness, ...members] = await fleets.members(4, simulator, { url: redis.url });
    const pressed = members.map((member, n) => member.pressAll(plan(n, 200, 2)));
    await until(() => simulator.stats().executions > 0, 'the beginning');
    const seen = [];
    for (const [n, member] of members.slice(0, 2).entries()) {
      member.signal('SIGSTOP');
      // Who is given both calls now waited for the end of what the stopped one held.
      seen.push(...(await Promise.all([0, 1].map((call) => witness.press(`call-${call}`, `9${n}${call}`)))));
      member.signal('SIGCONT');
    }
    expect(seen.filter(({ delivery }) => delivery !== 'accepted')).toEqual([]);
    const outcomes = await Promise.all(pressed);
    // What stood still while its digits were out does not know what became of them: that is told, and not repeated.
    const allowed = [...HARMLESS, 'ERR_DTMF_OUTCOME_UNKNOWN', 'ERR_DTMF_AFTER_UNKNOWN', 'ERR_DTMF_CONNECT'];
    // What stood still while it waited for a token has none in time.
    allowed.push('ERR_DTMF_AUTH');
    for (const one of outcomes.flat().filter(({ code }) => code !== null)) {
      expect(one.code).toMatch(new RegExp(allowed.join('|')));
    }
    expect(broken(simulator, [...outcomes, seen])).toEqual([]);
  });
});
