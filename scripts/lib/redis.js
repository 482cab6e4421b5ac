'use strict';

// The server that the tests of the fleet mode start: where it is, and how to get it.

const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');

/** @typedef {import('./steps.js').Steps} Steps */

/** The names of the program. Valkey speaks the same protocol and knows the same settings. */
const PROGRAMS = ['redis-server', 'valkey-server'];

/** The first version with RESP3, users and rights. */
const FLOOR = 6;

/** Names the program to start, in place of one in the PATH. */
const PROGRAM = 'CXONE_DTMF_REDIS_SERVER';

const REMEDY = `install redis-server ${FLOOR}.0 or newer, for example by \`apt-get install redis-server\``;

/** Set by `npm test` where there is no server: the suites of the fleet mode skip themselves. */
const SKIP = 'CXONE_DTMF_SKIP_REDIS';

/** The module of the Rust tests that need a server. */
const RUST_MODULE = 'on_redis::';

/**
 * The server that is named, or one of that age or newer in the PATH.
 *
 * @param {NodeJS.ProcessEnv} [env]
 * @returns {string | undefined}
 */
function find(env = process.env) {
  const named = env[PROGRAM];
  if (named) return named;
  const folders = (env.PATH ?? '').split(path.delimiter).filter(Boolean);
  const files = PROGRAMS.flatMap((name) => folders.map((folder) => path.join(folder, name)));
  return files.find((file) => {
    return fs.existsSync(file) && Number.parseInt(version(file) ?? '', 10) >= FLOOR;
  });
}

/**
 * The version of a server.
 *
 * @param {string} program
 * @returns {string | undefined} such as `7.0.15`
 */
function version(program) {
  const { stdout } = spawnSync(program, ['--version'], { encoding: 'utf8' });
  return / v=([\d.]+)/.exec(stdout ?? '')?.[1];
}

/** Whether this process may install packages, and knows how. */
function mayInstall() {
  return process.getuid?.() === 0 && spawnSync('apt-get', ['--version']).status === 0;
}

/**
 * Installs a server where there is none and this process may.
 *
 * @param {Steps} steps
 * @param {string} root
 * @returns {Promise<boolean>} whether there is one now
 */
async function provide(steps, root) {
  if (find()) return true;
  if (!mayInstall()) return false;
  const install = (/** @type {string[]} */ ...args) =>
    steps.run(`apt-get ${args[0]}`, 'apt-get', args, { cwd: root });
  // Lists of packages may be missing or old, which is no reason to stop when the package is found all the same.
  await install('update', '-qq');
  await install('install', '-y', '-qq', '--no-install-recommends', 'redis-server');
  return find() !== undefined;
}

module.exports = { PROGRAM, REMEDY, RUST_MODULE, SKIP, find, provide, version };
