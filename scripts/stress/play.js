'use strict';

// One run of the stress: programs in processes and threads, some of which are stopped and killed, before a platform that
// answers as no platform should.

const { fork } = require('node:child_process');
const { once } = require('node:events');
const path = require('node:path');
const { setTimeout: delay } = require('node:timers/promises');

const { RedisServer } = require('../lib/redis-server.js');
const { broken } = require('./laws.js');
const { Platform } = require('./platform.js');
const { newProxy } = require('./proxy.js');
const { newRandom } = require('./random.js');

/** @typedef {'tutorial' | 'sessions' | 'fleet'} Shape */

/** @type {readonly Shape[]} */
const SHAPES = ['tutorial', 'sessions', 'fleet'];
const PROGRAMS = 3;
/** Calls of a program. In a fleet all programs share them; in a session tones take their time. */
const CALLS = { tutorial: 6, sessions: 40, fleet: 6 };
/** How long programs may take to end what is under way, in milliseconds. */
const END_MS = 30_000;

/**
 * @typedef {object} Found
 * @property {Shape} shape
 * @property {number} seed
 * @property {number} injections
 * @property {number} arrivals
 * @property {Record<string, number>} deliveries
 * @property {Record<string, number>} answers
 * @property {{ killed: number, stopped: number }} programs
 * @property {string[]} violations
 */

class Play {
  /** @type {Map<string, import('./laws.js').Asked>} */
  asked = new Map();
  #programs = new Set();
  #started = 0;
  killed = 0;
  stopped = 0;

  /** @param {Shape} shape @param {number} seed @param {string[]} urls @param {string | undefined} redis */
  constructor(shape, seed, urls, redis) {
    this.shape = shape;
    this.random = newRandom(seed);
    this.urls = urls;
    this.redis = redis;
  }

  /** @param {number} place of the program among those that run */
  start(place) {
    this.#started += 1;
    const prefix = String(this.#started * 1000).padStart(6, '0');
    // A call is the same one to those alone who reach its platform at the same address.
    const owner = this.shape === 'fleet' ? 0 : this.#started;
    const settings = {
      shape: this.shape,
      seed: this.random.between(0, 2 ** 31),
      url: this.shape === 'fleet' ? this.urls[0] : this.random.pick(this.urls),
      calls: Array.from({ length: CALLS[this.shape] }, (_, n) => `call-${owner}-${n}`),
      redis: this.redis,
      worker: place === 1,
      prefix,
    };
    const child = fork(path.join(__dirname, 'program.js'), [JSON.stringify(settings)]);
    const program = { place, child, ended: once(child, 'exit') };
    child.on('message', (message) => this.#told(/** @type {any} */ (message)));
    this.#programs.add(program);
    void program.ended.then(() => this.#programs.delete(program));
  }

  /** @param {any} message */
  #told({ digits, call, ...rest }) {
    if (digits === undefined) return;
    if (call !== undefined) {
      this.asked.set(digits, { digits, call, place: this.asked.size, thread: digits.slice(0, 6), ...rest });
      return;
    }
    const one = this.asked.get(digits);
    if (one) Object.assign(one, rest);
  }

  /** Something happens to one of the programs. */
  async trouble() {
    const program = this.random.pick([...this.#programs]);
    if (!program) return;
    if (this.random.chance(0.5)) {
      this.killed += 1;
      program.child.kill('SIGKILL');
      await program.ended;
      this.start(program.place);
    } else {
      this.stopped += 1;
      program.child.kill('SIGSTOP');
      await delay(this.random.between(20, 1500));
      program.child.kill('SIGCONT');
    }
  }

  /** @returns {Promise<boolean>} whether all have ended by themselves */
  async end() {
    const programs = [...this.#programs];
    for (const { child } of programs) child.send('stop');
    const all = Promise.all(programs.map(({ ended }) => ended)).then(() => true);
    const inTime = await Promise.race([all, delay(END_MS, false, { ref: false })]);
    for (const { child } of this.#programs) child.kill('SIGKILL');
    return inTime;
  }
}

/**
 * @param {{ shape: Shape, seed: number, seconds: number, onSecond?: () => void }} options
 * @returns {Promise<Found>}
 */
async function play({ shape, seed, seconds, onSecond = () => {} }) {
  const random = newRandom(seed);
  const platform = new Platform(random);
  const port = await platform.start();
  const proxy = newProxy(port, random).listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  const { port: proxyPort } = /** @type {import('node:net').AddressInfo} */ (proxy.address());
  const redis = shape === 'fleet' ? await RedisServer.start() : undefined;
  const ports = random.chance(0.5) ? [port, proxyPort] : [proxyPort, port];
  const urls = ports.map((at) => `http://127.0.0.1:${at}`);
  const run = new Play(shape, random.between(0, 2 ** 31), urls, redis?.url);
  /** @type {string[]} */
  const violations = [];
  try {
    for (let n = 0; n < PROGRAMS; n += 1) run.start(n);
    const until = performance.now() + seconds * 1000;
    for (let second = 1; performance.now() < until; second += 1) {
      await delay(Math.min(1000, Math.max(0, until - performance.now())));
      onSecond();
      if (second % 2 === 0) await run.trouble();
    }
    if (!(await run.end())) violations.push('a program did not end: a promise has not settled');
  } finally {
    platform.stop();
    proxy.close();
    await redis?.stop();
  }
  violations.push(...broken(run.asked, platform.arrivals, { oneAtATime: true }));
  return {
    shape,
    seed,
    injections: run.asked.size,
    arrivals: platform.arrivals.length,
    deliveries: counted([...run.asked.values()].map(({ delivery }) => delivery ?? 'lost with its program')),
    answers: counted(platform.arrivals.map(({ answer }) => answer)),
    programs: { killed: run.killed, stopped: run.stopped },
    violations,
  };
}

/** @param {string[]} words */
function counted(words) {
  /** @type {Record<string, number>} */
  const counts = {};
  for (const word of words) counts[word] = (counts[word] ?? 0) + 1;
  return counts;
}

module.exports = { SHAPES, play };
