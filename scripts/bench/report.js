'use strict';

// A run as Markdown, for a terminal and for docs/performance.md alike.

const { CLIENTS } = require('./cases.js');
const { METRICS } = require('./results.js');

/** @typedef {import('./results.js').Metric} Metric */
/** @typedef {import('./goals.js').Judged} Judged */
/** @typedef {import('./machine.js').Machine} Machine */

/** The heads of the columns, and how many decimals stand in them. @type {Record<Metric, [string, number]>} */
const COLUMNS = {
  perSecond: ['injections/s', 0],
  cpuMicros: ['CPU, µs each', 1],
  mainMicros: ['JS thread busy, µs each', 1],
  mainCpuMicros: ['its CPU, µs each', 1],
  loopDelayP99Ms: ['loop delay p99, ms', 1],
  latencyP50Micros: ['latency p50, µs', 0],
  latencyP99Micros: ['latency p99, µs', 0],
  peakMb: ['memory, MB', 0],
};

/** @param {number} value @param {number} decimals */
function number(value, decimals) {
  return value.toLocaleString('en', { minimumFractionDigits: decimals, maximumFractionDigits: decimals });
}

/** Some figures that count, since ratios lie far apart. @param {number} value @param {number} [figures] */
const ratio = (value, figures = 2) => value.toLocaleString('en', { maximumSignificantDigits: figures });

/**
 * Columns as wide as their widest cell; the first is text, the others numbers.
 *
 * @param {string[]} head
 * @param {string[][]} rows
 */
function table(head, rows) {
  const widths = head.map((title, column) =>
    Math.max(3, ...[head, ...rows].map((row) => row[column].length)),
  );
  const line = (/** @type {string[]} */ cells) =>
    `| ${cells.map((cell, column) => (column === 0 ? cell.padEnd(widths[column]) : cell.padStart(widths[column]))).join(' | ')} |`;
  const rule = widths.map((width, column) =>
    column === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`,
  );
  return [line(head), `| ${rule.join(' | ')} |`, ...rows.map(line)].join('\n');
}

/** @param {import('./results.js').Row} row @param {Metric} metric */
function cell({ client, medians, toOurs }, metric) {
  const [value, times] = [medians[metric], toOurs[metric]];
  if (value === null) return '–';
  const shown = number(value, COLUMNS[metric][1]);
  return client === 'ours' || times === null ? shown : `${shown} (${ratio(times)})`;
}

/** @param {import('./results.js').CaseResult} result */
function caseTable({ scheme, inFlight, rows }) {
  const head = [`${scheme}, ${inFlight} in flight`, ...METRICS.map((metric) => COLUMNS[metric][0])];
  return table(
    head,
    rows.map((row) => [CLIENTS[row.client], ...METRICS.map((metric) => cell(row, metric))]),
  );
}

/** @param {Judged} goal */
function goalRow({ what, at, least, most, unit, found, met }) {
  const shown = (/** @type {number} */ value) => (unit ? `${ratio(value, 3)} ${unit}` : ratio(value, 3));
  const bound = least === undefined ? `≤ ${shown(most ?? 0)}` : `≥ ${shown(least)}`;
  const mark = met === null ? 'not measured' : met ? '✓' : '✗';
  return [
    `${what}; ${at.scheme}, ${at.inFlight} in flight`,
    bound,
    found === null ? '–' : shown(found),
    mark,
  ];
}

/** @param {readonly import('./ceiling.js').Ceiling[]} ceilings */
function ceilingTable(ceilings) {
  return table(
    ['The platform alone', 'requests/s, asked by wrk'],
    ceilings.map(({ scheme, inFlight, perSecond }) => [
      `${scheme}, ${inFlight} in flight`,
      number(perSecond, 0),
    ]),
  );
}

/**
 * @typedef {object} Run
 * @property {string} date
 * @property {Machine} machine
 * @property {number} rounds
 * @property {number} seconds
 * @property {import('./results.js').CaseResult[]} cases
 * @property {import('./ceiling.js').Ceiling[]} ceilings
 * @property {Judged[]} goals
 * @property {number} acknowledged
 * @property {number} executed
 */

/** @param {Run} run */
function markdown({ date, machine, rounds, seconds, cases, ceilings, goals, acknowledged, executed }) {
  const { cpu, cores, load, node, rust, versions } = machine;
  const heads = [
    `${date}; ${cpu}, ${cores} cores, load ${load} before the run; Node.js ${node}, Rust ${rust}; ` +
      `${Object.entries(versions)
        .map(([name, version]) => `${name} ${version}`)
        .join(', ')}.`,
    `Medians of ${rounds} rounds of ${seconds} s; in parentheses, how many times the figure of cxone-dtmf it is. ` +
      `${number(acknowledged, 0)} injections were acknowledged, and the platforms had carried out ${number(executed, 0)}.`,
  ];
  const parts = [...heads, ...cases.map(caseTable)];
  if (ceilings.length > 0) parts.push(ceilingTable(ceilings));
  if (goals.some(({ met }) => met !== null))
    parts.push(table(['Goal', 'bound', 'found', ''], goals.map(goalRow)));
  return parts.join('\n\n');
}

module.exports = { markdown, table, number };
