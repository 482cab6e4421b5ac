'use strict';

// Fleets of a suite: processes that press digits into one simulator, and what can be said of it afterwards.

const { fork } = require('node:child_process');
const net = require('node:net');
const path = require('node:path');

const { startSimulator } = require('../../simulator');

/** An attempt is short, so that a lease may be. Only a busy machine needs as much. */
const QUICK = { timeoutMs: 1600, deadlineMs: 120_000, lockTimeoutMs: 120_000, maxWaitingPerCall: 1000 };
const LEASE_MS = 4000;
/** As long as one command may take with that lease. */
const PATIENT = { leaseMs: LEASE_MS, timeoutMs: Math.ceil(LEASE_MS / 3) - 1 };

/** One process. */
class Member {
  #process;
  #waiting = new Map();
  #last = 0;

  constructor(credentials, config) {
    const env = { ...process.env };
    for (const name of ['NODE_OPTIONS', 'JEST_WORKER_ID']) delete env[name];
    this.#process = fork(path.join(__dirname, 'fleet-member.js'), [JSON.stringify({ credentials, config })], {
      env,
      execArgv: [],
    });
    this.#process.on('message', ({ id, value, error }) => {
      const waiting = this.#waiting.get(id);
      this.#waiting.delete(id);
      if (error) waiting?.reject(new Error(error));
      else waiting?.resolve(value);
    });
    this.gone = new Promise((resolve) => this.#process.once('close', resolve));
    // No test waits for an answer of a process that is gone.
    this.gone.then(() => {
      for (const { reject } of this.#waiting.values()) reject(new Error('the process has ended'));
    });
    this.ready = new Promise((resolve, reject) => this.#waiting.set(0, { resolve, reject }));
  }

  #ask(task, rest = {}) {
    const id = ++this.#last;
    this.#process.send({ id, task, ...rest });
    return new Promise((resolve, reject) => this.#waiting.set(id, { resolve, reject }));
  }

  press = (callId, digits, options = {}) => this.#ask('press', { callId, digits, ...options });
  pressAll = (all) => this.#ask('pressAll', { all });
  lock = (callId) => this.#ask('lock', { callId });
  release = (lock) => this.#ask('release', { lock });
  metrics = () => this.#ask('metrics');
  close = () => this.#ask('close');

  signal(name) {
    this.#process.kill(name);
  }

  async kill() {
    this.#process.kill('SIGKILL');
    await this.gone;
  }
}

/** A way to a server that can be cut, or lead nowhere, or lead to another. */
class Way {
  #server;
  #pairs = new Set();
  #open = true;

  constructor(port) {
    this.port = port;
  }

  async listen() {
    this.#server = net.createServer((near) => {
      const far = net.connect(this.port, '127.0.0.1');
      const pair = [near, far];
      this.#pairs.add(pair);
      for (const [from, to] of [
        [near, far],
        [far, near],
      ]) {
        // What comes while the way leads nowhere is lost, and nobody is told.
        from.on('data', (bytes) => this.#open && to.write(bytes));
        from
          .on('error', () => {})
          .on('close', () => {
            to.destroy();
            this.#pairs.delete(pair);
          });
      }
    });
    await new Promise((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    this.url = `redis://127.0.0.1:${this.#server.address().port}`;
    return this;
  }

  swallow() {
    this.#open = false;
  }

  /** New connections go through; the old ones have lost something and are of no use. */
  restore() {
    this.#open = true;
    this.#cut();
  }

  #cut() {
    for (const pair of this.#pairs) for (const socket of pair) socket.destroy();
  }

  close() {
    this.#cut();
    return new Promise((resolve) => this.#server.close(resolve));
  }
}

/** Ends what the tests of a suite started, after each of them. Call it once, at the top of the suite. */
function newFleets() {
  const members = [];
  const simulators = [];
  const ways = [];
  afterEach(async () => {
    await Promise.all(members.splice(0).map((member) => member.kill()));
    await Promise.all(ways.splice(0).map((way) => way.close()));
    await Promise.all(simulators.splice(0).map((simulator) => simulator.stop()));
  });
  return {
    async simulator(options) {
      const simulator = await startSimulator({ autoCalls: true, ...options });
      simulators.push(simulator);
      return simulator;
    },

    /** Processes with these settings, which have begun. */
    async members(count, simulator, fleet, config = {}) {
      const whole = { ...QUICK, fleet: { ...PATIENT, ...fleet }, ...config };
      const begun = Array.from({ length: count }, () => new Member(simulator.credentials, whole));
      members.push(...begun);
      await Promise.all(begun.map(({ ready }) => ready));
      return begun;
    },

    async way(redis) {
      const way = await new Way(redis.port).listen();
      ways.push(way);
      return way;
    },
  };
}

/** So many injections of one process over so many calls, in rounds. Each has digits of its own. */
function plan(member, count, calls) {
  return Array.from({ length: count }, (_, n) => ({
    callId: `call-${n % calls}`,
    digits: `${member}${String(n).padStart(5, '0')}#`,
  }));
}

/**
 * What was asked, compared with what the simulator heard: the places where a law is broken.
 * @param {object} simulator
 * @param {{ callId: string, digits: string, delivery: string, fence?: number }[][]} outcomes of each process, in the order of asking
 */
function broken(simulator, outcomes) {
  const wrong = [];
  const heard = simulator.executions().map(({ callId, digits }) => `${callId} ${digits}`);
  const times = new Map();
  for (const one of heard) times.set(one, (times.get(one) ?? 0) + 1);
  const all = outcomes.flat();
  const of = new Map(all.map((one) => [`${one.callId} ${one.digits}`, one]));
  for (const [name, { delivery, code }] of of) {
    const count = times.get(name) ?? 0;
    if (count > 1) wrong.push(`heard ${count} times: ${name}`);
    if (delivery === 'accepted' && count === 0) wrong.push(`accepted and not heard: ${name}`);
    if (['not-sent', 'refused'].includes(delivery) && count > 0) wrong.push(`${code} and heard: ${name}`);
  }
  const { overlaps } = simulator.stats();
  if (overlaps > 0) wrong.push(`${overlaps} overlaps`);
  // The order of each process in each call, and of the leases.
  for (const [who, asked] of outcomes.entries()) {
    const place = new Map(heard.map((name, at) => [name, at]));
    const last = new Map();
    for (const { callId, digits } of asked) {
      const at = place.get(`${callId} ${digits}`);
      if (at === undefined) continue;
      if (at < (last.get(callId) ?? -1)) wrong.push(`process ${who}, ${callId}: ${digits} too late`);
      last.set(callId, at);
    }
  }
  return [...wrong, ...inversions(heard.map((name) => of.get(name)))];
}

/** Injections that were heard after one whose lease is newer: what an overlap of two holders looks like in the records. */
function inversions(inOrder) {
  const newest = new Map();
  const found = [];
  for (const { callId, digits, fence } of inOrder.filter((one) => one?.fence)) {
    if (fence < (newest.get(callId) ?? 0))
      found.push(`an older lease after a newer one: ${callId} ${digits}`);
    else newest.set(callId, fence);
  }
  return found;
}

module.exports = { LEASE_MS, broken, inversions, newFleets, plan };
