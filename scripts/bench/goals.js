'use strict';

// What this package sets out to reach, checked against a run.

/** @typedef {import('./results.js').CaseResult} CaseResult */
/** @typedef {import('./results.js').Metric} Metric */
/** @typedef {import('./run.js').ClientName} ClientName */
/** @typedef {import('./cases.js').Case} Case */

/**
 * @typedef {object} Goal
 * @property {string} what
 * @property {Case} at
 * @property {(look: Look) => number | null} value null when the run has not measured it
 * @property {number} [least]
 * @property {number} [most]
 * @property {string} [unit] of the value and its bound; none for ratios
 */
/** @typedef {Goal & { found: number | null, met: boolean | null }} Judged */

/** One case of a run. */
class Look {
  /** @param {CaseResult | undefined} result */
  constructor(result) {
    this.result = result;
  }

  /** @param {ClientName} client */
  #row(client) {
    return this.result?.rows.find((row) => row.client === client);
  }

  /** @param {ClientName} client @param {Metric} metric */
  value(client, metric) {
    return this.#row(client)?.medians[metric] ?? null;
  }

  /** How many times the figure of `client` ours is. @param {ClientName} client @param {Metric} metric */
  times(client, metric) {
    const ratio = this.#row(client)?.toOurs[metric];
    return ratio ? 1 / ratio : null;
  }
}

/**
 * Injections per second against one other client.
 *
 * @param {Case} at
 * @param {ClientName} client
 * @param {string} name
 * @param {number} least
 * @returns {Goal}
 */
function throughput(at, client, name, least) {
  return { what: `injections/s, to ${name}`, at, value: (look) => look.times(client, 'perSecond'), least };
}

/** @type {(scheme: Case['scheme'], inFlight: number) => Case} */
const at = (scheme, inFlight) => ({ scheme, inFlight });

/** @type {readonly Goal[]} */
const GOALS = [
  throughput(at('http', 32), 'tutorial', 'the tutorial', 10),
  throughput(at('http', 32), 'undici', 'undici', 1.3),
  throughput(at('http', 32), 'rust', 'bare Rust', 0.85),
  throughput(at('http', 256), 'tutorial', 'the tutorial', 10),
  throughput(at('http', 256), 'undici', 'undici', 1.5),
  throughput(at('http', 256), 'rust', 'bare Rust', 0.85),
  throughput(at('https', 32), 'tutorial', 'the tutorial', 8),
  throughput(at('https', 32), 'undici', 'undici', 1.3),
  throughput(at('https', 32), 'rust', 'bare Rust', 0.85),
  {
    what: 'JavaScript thread per injection',
    at: at('http', 32),
    value: (look) => look.value('ours', 'mainMicros'),
    most: 7,
    unit: 'µs',
  },
  {
    what: 'JavaScript thread, to the tutorial',
    at: at('http', 32),
    value: (look) => look.times('tutorial', 'mainMicros'),
    most: 1 / 30,
  },
  {
    what: 'JavaScript thread, to undici',
    at: at('http', 32),
    value: (look) => look.times('undici', 'mainMicros'),
    most: 1 / 4,
  },
  {
    what: 'latency p50, to undici',
    at: at('http', 1),
    value: (look) => look.times('undici', 'latencyP50Micros'),
    most: 1,
  },
  {
    what: 'latency p50, above bare Rust',
    at: at('http', 1),
    value: (look) =>
      difference(look.value('ours', 'latencyP50Micros'), look.value('rust', 'latencyP50Micros')),
    most: 60,
    unit: 'µs',
  },
  {
    what: 'event-loop delay p99, to the tutorial',
    at: at('http', 256),
    value: (look) => look.times('tutorial', 'loopDelayP99Ms'),
    most: 1 / 5,
  },
  {
    what: 'injections/s with the audit log on disk, to without',
    at: at('http', 256),
    value: (look) => inverse(look.times('durable', 'perSecond')),
    least: 0.5,
  },
];

/** @param {number | null} a @param {number | null} b */
const difference = (a, b) => (a === null || b === null ? null : a - b);
/** @param {number | null} value */
const inverse = (value) => (value === null ? null : 1 / value);

/**
 * @param {readonly CaseResult[]} results
 * @returns {Judged[]}
 */
function judge(results) {
  return GOALS.map((goal) => {
    const result = results.find(
      ({ scheme, inFlight }) => scheme === goal.at.scheme && inFlight === goal.at.inFlight,
    );
    const found = goal.value(new Look(result));
    const { least = -Infinity, most = Infinity } = goal;
    return { ...goal, found, met: found === null ? null : found >= least && found <= most };
  });
}

module.exports = { judge };
