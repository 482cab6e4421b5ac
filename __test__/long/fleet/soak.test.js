'use strict';

// Eight processes, of which one is killed every ten seconds, before servers of which one fails over or hands a slot over as
// often. `npm run soak -- --fleet --injections 100000` presses as many; here are as many as a test may take.

const { setTimeout: delay } = require('node:timers/promises');

const { broken, newFleets } = require('../../support/fleet');
const { describeOnRedis, newServers } = require('../../support/redis');

const INJECTIONS = Number(process.env.CXONE_DTMF_SOAK_INJECTIONS ?? 6000);
const PROCESSES = 8;
const CALLS = 200;
/** How many each process has under way. */
const AT_ONCE = 40;
const EVERY_MS = 10_000;

jest.setTimeout(Math.max(300_000, INJECTIONS * 60));

/** Presses until there are enough, in processes that are replaced when they are killed. */
class Crowd {
  outcomes = [];
  kills = 0;
  #members;
  #fleets;
  #simulator;
  #fleet;
  #left;
  #number = 0;

  constructor(fleets, simulator, fleet, injections) {
    this.#fleets = fleets;
    this.#simulator = simulator;
    this.#fleet = fleet;
    this.#left = injections;
  }

  async begin() {
    this.#members = await this.#fleets.members(PROCESSES, this.#simulator, this.#fleet);
  }

  async press() {
    await Promise.all(this.#members.map((_, at) => this.#pressAt(at)));
  }

  get pressing() {
    return this.#left > 0;
  }

  async #pressAt(at) {
    while (this.#left > 0) {
      this.#left -= AT_ONCE;
      const asked = Array.from({ length: AT_ONCE }, () => {
        const number = this.#number++;
        return { callId: `call-${number % CALLS}`, digits: `${String(number).padStart(7, '0')}#` };
      });
      const member = this.#members[at];
      // What a process that was killed had asked for is in doubt, and never comes twice.
      const lost = () => asked.map((one) => ({ ...one, delivery: 'unknown' }));
      this.outcomes.push(await member.pressAll(asked).catch(lost));
    }
  }

  async kill() {
    const at = this.kills++ % PROCESSES;
    const dying = this.#members[at];
    [this.#members[at]] = await this.#fleets.members(1, this.#simulator, this.#fleet);
    await dying.kill();
  }
}

describeOnRedis('a fleet for long', () => {
  const servers = newServers();
  const fleets = newFleets();

  async function soak(fleet, change) {
    const simulator = await fleets.simulator({ latency: { minMs: 1, maxMs: 5 }, journalLimit: INJECTIONS });
    const crowd = new Crowd(fleets, simulator, fleet, INJECTIONS / 2);
    await crowd.begin();
    const weather = async () => {
      for (let n = 0; crowd.pressing; n += 1) {
        await delay(EVERY_MS);
        if (crowd.pressing) await Promise.all([crowd.kill(), change(n)]);
      }
      return crowd.kills;
    };
    const [, changes] = await Promise.all([crowd.press(), weather()]);
    const outcomes = crowd.outcomes.flat();
    const count = (delivery) => outcomes.filter((one) => one.delivery === delivery).length;
    process.stdout.write(
      `${outcomes.length} injections, ${changes} kills and changes: ${count('accepted')} accepted, ${count('not-sent')} not sent, ${count('unknown')} in doubt, ${simulator.stats().overlaps} overlaps\n`,
    );
    // Each batch is in order by itself.
    expect(broken(simulator, crowd.outcomes)).toEqual([]);
    expect(simulator.stats().overlaps).toBe(0);
    expect(count('accepted')).toBeGreaterThan(outcomes.length / 4);
  }

  test('behind one address, with failovers', async () => {
    const first = await servers.redis();
    const second = await servers.replica(first);
    const way = await fleets.way(first);
    await soak({ url: way.url }, async (n) => {
      const [master, replica] = n % 2 === 0 ? [first, second] : [second, first];
      await replica.ask('REPLICAOF', 'NO', 'ONE');
      way.port = replica.port;
      await master.ask('REPLICAOF', '127.0.0.1', replica.port);
    });
  });

  test('in a cluster, with slots that are moved', async () => {
    const cluster = await servers.cluster();
    await soak({ url: cluster.urls }, async (n) => {
      const keys = (await Promise.all(cluster.nodes.map((node) => node.ask('KEYS', '*:lock:*')))).flat();
      await cluster.move(keys[n % keys.length], 200);
    });
  });
});
