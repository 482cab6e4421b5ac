'use strict';

// Something happens to the server, or to the way to it, while three processes press.

const { broken, plan } = require('./fleet');
const { until } = require('./bench');

/** Why an injection may fail, unsent, while the server or its lease is gone. */
const HARMLESS = ['ERR_DTMF_STORE', 'ERR_DTMF_LOCK_LOST', 'ERR_DTMF_LOCK_TIMEOUT'];

/** A platform that takes its time, so that processes meet. */
const SLOW = { latency: { minMs: 1, maxMs: 10 } };

/** What one process presses on its own, one after the other. */
class Presses {
  outcomes = [];
  #member;
  #mark;

  constructor(member, mark) {
    this.#member = member;
    this.#mark = mark;
  }

  async next() {
    const digits = `${this.#mark}${String(this.outcomes.length).padStart(4, '0')}*`;
    const outcome = await this.#member.press('call-0', digits);
    this.outcomes.push(outcome);
    return outcome;
  }

  async untilAccepted() {
    while ((await this.next()).delivery !== 'accepted');
  }

  /** A fault that lasts until then has been met, however slow the machine is. */
  async untilFailed(count = 2) {
    for (let left = count; left > 0;) if ((await this.next()).delivery !== 'accepted') left -= 1;
  }
}

/**
 * Three processes under load, what happens meanwhile, and what came of it. The third one has a way of its own.
 * @param {object} of the suite's `servers` and `fleets`
 * @param {(world: { redis: object, way: object, presses: Presses[] }) => unknown} fault
 * @returns the outcomes that are no success
 */
async function during({ servers, fleets }, fault, each = 150) {
  const redis = await servers.redis();
  const simulator = await fleets.simulator(SLOW);
  const way = await fleets.way(redis);
  const members = [
    ...(await fleets.members(2, simulator, { url: redis.url })),
    ...(await fleets.members(1, simulator, { url: way.url })),
  ];
  const pressed = members.map((member, n) => member.pressAll(plan(n, each, 3)));
  const presses = members.map((member, n) => new Presses(member, n));
  await until(() => simulator.stats().executions >= 30, 'the beginning');
  await fault({ redis, way, presses });
  const outcomes = await Promise.all(pressed);
  // They go on afterwards.
  for (const one of presses) await one.untilAccepted();
  const all = [...outcomes, ...presses.map((one) => one.outcomes)];
  expect(broken(simulator, all)).toEqual([]);
  const failed = all.flat().filter(({ delivery }) => delivery !== 'accepted');
  for (const one of failed) {
    expect(one).toMatchObject({ delivery: 'not-sent', code: expect.stringMatching(HARMLESS.join('|')) });
  }
  return failed;
}

module.exports = { HARMLESS, Presses, SLOW, during };
