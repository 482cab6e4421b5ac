'use strict';

const { execFile } = require('node:child_process');
const path = require('node:path');
const { promisify } = require('node:util');

/**
 * V8 grows the space of new objects up to 48 MB as it sees fit, and how soon depends on the machine. Kept small, what is
 * left is what the program keeps.
 */
const SMALL_NEW_SPACE = '--max-semi-space-size=1';

/** Runs a program of `scripts/soak` and gives its report. */
async function soak(name, ...args) {
  const file = path.join(__dirname, '..', '..', 'scripts', 'soak', `${name}.js`);
  const run = promisify(execFile)(process.execPath, ['--expose-gc', SMALL_NEW_SPACE, file, ...args]);
  return JSON.parse((await run).stdout);
}

module.exports = { soak };
