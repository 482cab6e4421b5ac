'use strict';

const { execFile } = require('node:child_process');
const path = require('node:path');
const { promisify } = require('node:util');

/** Runs a program of `scripts/soak` and gives its report. */
async function soak(name, ...args) {
  const file = path.join(__dirname, '..', '..', 'scripts', 'soak', `${name}.js`);
  const run = promisify(execFile)(process.execPath, ['--expose-gc', file, ...args]);
  return JSON.parse((await run).stdout);
}

module.exports = { soak };
