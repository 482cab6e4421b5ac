'use strict';

// What a machine must have before anything of this project runs on it. Runs before `npm ci` and on
// old Node.js versions, whose users are the ones to be told: no dependencies, no recent syntax.

const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');

/** The floor of @napi-rs/cli, which builds the addon. Users of the package need less: see `engines`. */
const NODE_FLOOR = '20.17';

/**
 * @typedef {object} Problem
 * @property {string} needed
 * @property {string} found
 * @property {string} remedy
 */

/**
 * @param {string} version
 * @returns {number[]}
 */
function numbers(version) {
  return version.split('.').map((part) => Number.parseInt(part, 10) || 0);
}

/**
 * @param {string} version
 * @param {string} floor
 * @returns {boolean}
 */
function atLeast(version, floor) {
  const have = numbers(version);
  for (const [index, need] of numbers(floor).entries()) {
    const part = have[index] || 0;
    if (part !== need) return part > need;
  }
  return true;
}

/**
 * The Rust version that Cargo.toml asks for.
 *
 * @param {string} root
 * @returns {string}
 */
function rustFloor(root) {
  const manifest = fs.readFileSync(path.join(root, 'Cargo.toml'), 'utf8');
  const match = /^rust-version = "([\d.]+)"/m.exec(manifest);
  if (!match) throw new Error('Cargo.toml names no rust-version');
  return match[1];
}

/**
 * @param {string} tool
 * @param {string} floor
 * @param {string} root
 * @returns {Problem | undefined}
 */
function rustProblem(tool, floor, root) {
  const needed = `${tool} ${floor} or newer`;
  const answer = spawnSync(tool, ['--version'], { cwd: root, encoding: 'utf8' });
  if (answer.error) {
    return { needed, found: 'not found in PATH', remedy: 'install Rust: https://rustup.rs' };
  }
  const match = /^\w+ (\d+\.\d+\.\d+)/.exec(answer.stdout);
  if (answer.status !== 0 || !match) {
    // A rustup without a toolchain answers here; its first line says so.
    const line = answer.stderr.trim().split('\n')[0] || 'no version';
    return { needed, found: line, remedy: 'rustup default stable' };
  }
  if (atLeast(match[1], floor)) return undefined;
  return { needed, found: match[1], remedy: 'rustup update stable, or https://rustup.rs' };
}

/**
 * Everything that is missing or too old, so that one run names all of it.
 *
 * @param {string} root
 * @param {string} [nodeVersion]
 * @returns {Problem[]}
 */
function problems(root, nodeVersion = process.versions.node) {
  /** @type {(Problem | undefined)[]} */
  const found = [];
  if (!atLeast(nodeVersion, NODE_FLOOR)) {
    found.push({
      needed: `Node.js ${NODE_FLOOR} or newer`,
      found: `${nodeVersion} (${process.execPath})`,
      remedy: 'install a current one: https://nodejs.org',
    });
  }
  const floor = rustFloor(root);
  found.push(rustProblem('cargo', floor, root), rustProblem('rustc', floor, root));
  return /** @type {Problem[]} */ (found.filter(Boolean));
}

/**
 * @param {Problem[]} list
 * @returns {string}
 */
function message(list) {
  const blocks = list.map(
    ({ needed, found, remedy }) => `  ${needed}\n    found:      ${found}\n    what to do: ${remedy}\n`,
  );
  return `cxone-dtmf is built from source here, and this machine lacks something for it:\n\n${blocks.join('\n')}`;
}

/**
 * Ends the process with one message when something is missing.
 *
 * @param {string} root
 */
function demand(root) {
  const list = problems(root);
  if (list.length === 0) return;
  process.stderr.write(message(list));
  process.exit(1);
}

module.exports = { atLeast, demand, message, problems };
