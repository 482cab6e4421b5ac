'use strict';

/**
 * @typedef {object} Outcome how many injections ended one way
 * @property {string} delivery
 * @property {string | null} code `null` when accepted
 * @property {number} count
 * @property {number} p50Ms
 * @property {number} p99Ms
 */

/**
 * The nearest-rank percentile.
 *
 * @param {number[]} ascending
 * @param {number} share
 */
function percentile(ascending, share) {
  return ascending[Math.max(0, Math.ceil(share * ascending.length) - 1)];
}

/**
 * @param {{ delivery: string, code: string | null, latencyMs: number }[]} settled
 * @returns {Outcome[]} the most frequent first
 */
function outcomes(settled) {
  /** @type {Map<string, { delivery: string, code: string | null, latencies: number[] }>} */
  const groups = new Map();
  for (const { delivery, code, latencyMs } of settled) {
    const key = `${delivery} ${code}`;
    const group = groups.get(key) ?? { delivery, code, latencies: [] };
    group.latencies.push(latencyMs);
    groups.set(key, group);
  }
  return [...groups.values()]
    .map(({ delivery, code, latencies }) => {
      latencies.sort((a, b) => a - b);
      const [p50Ms, p99Ms] = [0.5, 0.99].map((share) => Math.round(percentile(latencies, share)));
      return { delivery, code, count: latencies.length, p50Ms, p99Ms };
    })
    .sort((a, b) => b.count - a.count);
}

/**
 * @param {Outcome[]} rows
 * @returns {string[]}
 */
function table(rows) {
  const cells = [
    ['delivery', 'code', 'count', 'p50 ms', 'p99 ms'],
    ...rows.map((row) => [row.delivery, row.code ?? '-', row.count, row.p50Ms, row.p99Ms].map(String)),
  ];
  const widths = cells[0].map((_, column) => Math.max(...cells.map((row) => row[column].length)));
  return cells.map((row) =>
    row
      .map((cell, column) => (column < 2 ? cell.padEnd(widths[column]) : cell.padStart(widths[column])))
      .join('  '),
  );
}

module.exports = { outcomes, table };
