'use strict';

// The start: what `require` takes in a fresh process, beside an empty module and what else a program might load, and
// what the first injection takes, with the token and the certificates that it waits for.

const { execFile } = require('node:child_process');
const path = require('node:path');
const { promisify } = require('node:util');

const { median } = require('../bench/results.js');

/** Fresh processes of which the median is taken. */
const TIMES = 20;

const PROGRAMS = path.join(__dirname, 'programs');
const MODULES = {
  'require of an empty module': path.join(PROGRAMS, 'empty.js'),
  'require of cxone-dtmf': 'cxone-dtmf',
  'require of axios': 'axios',
  'require of undici': 'undici',
};

/** @param {string} program @param {string} argument @returns {Promise<Record<string, number | null>>} */
async function run(program, argument) {
  const file = path.join(PROGRAMS, program);
  const { stdout } = await promisify(execFile)(process.execPath, [file, argument]);
  return JSON.parse(stdout);
}

/** The medians of what the runs tell, figure by figure. @param {() => Promise<Record<string, number | null>>} once */
async function medians(once) {
  /** @type {Record<string, number | null>[]} */
  const runs = [];
  for (let n = 0; n < TIMES; n += 1) runs.push(await once());
  const figures = Object.keys(runs[0]).map((name) => {
    const values = runs.map((figures) => figures[name]);
    return [name, values.includes(null) ? null : median(/** @type {number[]} */ (values))];
  });
  return Object.fromEntries(figures);
}

/** Requires, module by module. @returns {Promise<import('./client.js').Row[]>} */
async function loading() {
  const found = [];
  for (const [what, name] of Object.entries(MODULES)) {
    found.push({ what, ...(await medians(() => run('load.js', name))) });
  }
  return found;
}

/** @param {import('./client.js').Platform} platform @returns {Promise<import('./client.js').Row[]>} */
async function first({ credentials }) {
  // Those of a simulator open nothing else, so that they may stand in the list of processes.
  const argument = JSON.stringify(credentials);
  return [{ what: 'a program of one injector', ...(await medians(() => run('first.js', argument))) }];
}

module.exports = { first, loading };
