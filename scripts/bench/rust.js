'use strict';

// The Rust programs of the measurements, in the `examples` of the crates: where they lie, and how they are built. As the
// addon is: in the release profile.

const path = require('node:path');

const ROOT = path.join(__dirname, '..', '..');

/** Where cargo puts what it builds. */
const TARGET = process.env.CARGO_TARGET_DIR ?? path.join(ROOT, 'target');

/** @param {string} name */
function rustProgram(name) {
  return path.join(TARGET, 'release', 'examples', process.platform === 'win32' ? `${name}.exe` : name);
}

/**
 * Cargo compiles only what changed.
 *
 * @param {import('../lib/steps.js').Steps} steps
 * @param {readonly string[]} names
 */
async function buildRust(steps, names) {
  const args = ['build', '--locked', '--release', ...names.flatMap((name) => ['--example', name])];
  const { code } = await steps.run(`build ${names.join(', ')}`, 'cargo', args, { cwd: ROOT });
  if (code !== 0) throw new Error('the Rust programs of the measurements do not build');
}

module.exports = { ROOT, buildRust, rustProgram };
