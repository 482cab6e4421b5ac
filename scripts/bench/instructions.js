'use strict';

// Instructions of a function of the engine, counted by callgrind: a number that neither the load of the machine nor its
// clock changes, so that a small step back is seen.

const { execFile } = require('node:child_process');
const { promisify } = require('node:util');

const { rustProgram } = require('./rust.js');

const run = promisify(execFile);

/** How often a function runs; the program's own start is taken off, by running it twice as often as well. */
const TIMES = 2000;

/** The program that runs the functions: compiled as the addon is. */
const program = () => rustProgram('instructions', 'release');

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
  return Math.round(((await collected(name, 2 * TIMES)) - (await collected(name, TIMES))) / TIMES);
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
