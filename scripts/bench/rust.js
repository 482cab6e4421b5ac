'use strict';

// The Rust programs of the measurements, in `examples`: where they lie, and how they are built. What is compared is
// compiled for speed throughout; what is counted, as the addon is.

const path = require('node:path');

const ROOT = path.join(__dirname, '..', '..');

/** Where cargo puts what it builds. */
const TARGET = process.env.CARGO_TARGET_DIR ?? path.join(ROOT, 'target');

/** @typedef {'measure' | 'release'} Profile as Cargo.toml has them */

/** @param {string} name @param {Profile} [profile] */
function rustProgram(name, profile = 'measure') {
  return path.join(TARGET, profile, 'examples', process.platform === 'win32' ? `${name}.exe` : name);
}

/**
 * Cargo compiles only what changed.
 *
 * @param {import('../lib/steps.js').Steps} steps
 * @param {readonly string[]} names
 * @param {Profile} [profile]
 */
async function buildRust(steps, names, profile = 'measure') {
  const args = ['build', '--locked', '--profile', profile, ...names.flatMap((name) => ['--example', name])];
  const { code } = await steps.run(`build ${names.join(', ')}`, 'cargo', args, { cwd: ROOT });
  if (code !== 0) throw new Error('the Rust programs of the measurements do not build');
}

module.exports = { ROOT, buildRust, rustProgram };
