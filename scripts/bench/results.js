'use strict';

// From the figures of all rounds to one figure each: medians, and medians of the ratios to this package. Ratios are
// taken within a round, so that a machine that drifts drifts under both.

/** @typedef {import('./measure.js').Figures} Figures */
/** @typedef {import('./run.js').ClientName} ClientName */
/** @typedef {import('./cases.js').Case} Case */

/** The figures of the table. @typedef {Exclude<keyof Figures, 'acknowledged' | 'injections' | 'longestGapMs'>} Metric */

/** @type {readonly Metric[]} */
const METRICS = [
  'perSecond',
  'cpuMicros',
  'mainMicros',
  'mainCpuMicros',
  'loopDelayP99Ms',
  'latencyP50Micros',
  'latencyP99Micros',
  'peakMb',
];

/**
 * @typedef {object} Row one client in one case
 * @property {ClientName} client
 * @property {Record<Metric, number | null>} medians
 * @property {Record<Metric, number | null>} toOurs null where there is nothing to compare
 */
/** @typedef {Case & { rows: Row[] }} CaseResult */

/** @param {readonly number[]} values */
function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** The median of what is there. @param {readonly (number | null)[]} values */
function medianOf(values) {
  const numbers = values.filter((value) => value !== null && Number.isFinite(value));
  return numbers.length > 0 ? median(/** @type {number[]} */ (numbers)) : null;
}

class Results {
  /** @type {Map<string, { one: Case, rounds: Map<ClientName, Figures[]> }>} */
  #cases = new Map();

  /** @param {Case} one @param {ClientName} client @param {Figures} figures of the next round */
  add(one, client, figures) {
    const key = `${one.scheme} ${one.inFlight}`;
    const { rounds } = this.#cases.get(key) ?? { rounds: new Map() };
    rounds.set(client, [...(rounds.get(client) ?? []), figures]);
    this.#cases.set(key, { one, rounds });
  }

  /**
   * @param {readonly ClientName[]} order of the rows
   * @returns {CaseResult[]}
   */
  summary(order) {
    return Array.from(this.#cases.values(), ({ one, rounds }) => ({
      ...one,
      rows: order.flatMap((client) => {
        const figures = rounds.get(client);
        return figures ? [row(client, figures, rounds.get('ours') ?? [])] : [];
      }),
    }));
  }
}

/**
 * @param {ClientName} client
 * @param {Figures[]} figures
 * @param {Figures[]} ours
 * @returns {Row}
 */
function row(client, figures, ours) {
  const each = (/** @type {(metric: Metric) => number | null} */ of) =>
    /** @type {Record<Metric, number | null>} */ (
      Object.fromEntries(METRICS.map((metric) => [metric, of(metric)]))
    );
  const ratio = (/** @type {number | null} */ theirs, /** @type {number | null | undefined} */ own) =>
    theirs !== null && own ? theirs / own : null;
  return {
    client,
    medians: each((metric) => medianOf(figures.map((one) => one[metric]))),
    toOurs: each((metric) =>
      medianOf(figures.map((one, round) => ratio(one[metric], ours[round]?.[metric]))),
    ),
  };
}

module.exports = { Results, METRICS, median };
