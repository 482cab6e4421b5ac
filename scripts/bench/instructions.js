'use strict';

// Instructions of a function of the engine, counted by callgrind: a number that neither the load of the machine nor its
// clock changes, so that a small step back is seen.

const { execFile } = require('node:child_process');
const { promisify } = require('node:util');

const { rustProgram } = require('./rust.js');

const run = promisify(execFile);

/**
 * How many instructions of a function are counted, about. The start of the program is taken off, but it is not always the
 * same to a few thousand: as many more make that small.
 */
const ENOUGH = 2e7;
/** How often a function runs to tell how often it has to. */
const TRIAL = 1000;

/** The program that runs the functions: compiled as the addon is. */
const program = () => rustProgram('instructions');

/** What it can run, in its order. @returns {Promise<string[]>} */
async function names() {
  const { stdout } = await run(program(), []);
  return stdout.trim().split('\n');
}

/** @param {string} name @param {number} times @returns {Promise<number>} */
async function collected(name, times) {
  const args = ['--tool=callgrind', '--callgrind-out-file=/dev/null', program(), name, String(times)];
  const { stderr } = await run('valgrind', args);
  const count = /Collected : (\d+)/.exec(stderr)?.[1];
  if (!count) throw new Error('valgrind did not say how many instructions it counted');
  return Number(count);
}

/** Instructions for one time. @param {string} name @returns {Promise<number>} */
async function count(name) {
  const start = await collected(name, 0);
  const each = (/** @type {number} */ total, /** @type {number} */ times) => (total - start) / times;
  const about = Math.max(1, each(await collected(name, TRIAL), TRIAL));
  const times = Math.ceil(ENOUGH / about);
  return Math.round(each(await collected(name, times), times) * 10) / 10;
}

/** @typedef {{ rust: string, arch: string, instructions: Record<string, number> }} Baseline */

/**
 * @typedef {object} Compared
 * @property {string} name
 * @property {number} count
 * @property {number | null} before null when it is new
 * @property {number | null} change in parts of what it was
 * @property {boolean} worse by more than is tolerated
 */

/**
 * @param {Record<string, number>} counts
 * @param {Baseline} baseline
 * @param {number} tolerance in parts
 * @returns {Compared[]}
 */
function compare(counts, baseline, tolerance) {
  return Object.entries(counts).map(([name, count]) => {
    const before = baseline.instructions[name] ?? null;
    const change = before === null ? null : count / before - 1;
    return { name, count, before, change, worse: change !== null && change > tolerance };
  });
}

module.exports = { compare, count, names };
