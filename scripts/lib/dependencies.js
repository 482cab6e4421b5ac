'use strict';

// The npm side of a clone: installs what package-lock.json says, and finds the tools in it.

const fs = require('node:fs');
const path = require('node:path');

/** @typedef {import('./steps.js').Steps} Steps */
/** @typedef {import('./steps.js').Result} Result */

/** @param {string} file */
function modified(file) {
  return fs.statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? -Infinity;
}

/**
 * Whether node_modules is missing or older than the lock file. npm writes its own copy of the lock
 * file last, so a broken-off installation counts as missing.
 *
 * @param {string} root
 */
function outdated(root) {
  const installed = modified(path.join(root, 'node_modules', '.package-lock.json'));
  return installed < modified(path.join(root, 'package-lock.json'));
}

/**
 * Runs npm itself: the one that started this process where there is one.
 *
 * @param {Steps} steps
 * @param {string} root
 * @param {string} title
 * @param {string[]} args
 * @returns {Promise<Result>}
 */
function npm(steps, root, title, args) {
  const cli = process.env.npm_execpath;
  if (cli && path.basename(cli) === 'npm-cli.js') {
    return steps.run(title, process.execPath, [cli, ...args], { cwd: root });
  }
  // On Windows npm is a batch file, which only a shell starts.
  return steps.run(title, 'npm', args, { cwd: root, shell: process.platform === 'win32' });
}

/**
 * @param {Steps} steps
 * @param {string} root
 * @returns {Promise<Result>}
 */
function install(steps, root) {
  // No tool here needs its install script, and what does not run cannot do harm.
  return npm(steps, root, 'npm ci', ['ci', '--ignore-scripts', '--no-audit', '--no-fund']);
}

/**
 * The file behind a command of an installed package, to be run by this very Node.js.
 *
 * @param {string} root
 * @param {string} name the package
 * @param {string} [command]
 */
function tool(root, name, command = name) {
  const folder = path.join(root, 'node_modules', name);
  const { bin } = JSON.parse(fs.readFileSync(path.join(folder, 'package.json'), 'utf8'));
  return path.join(folder, typeof bin === 'string' ? bin : bin[command]);
}

module.exports = { install, modified, npm, outdated, tool };
