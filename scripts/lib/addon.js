'use strict';

// The compiled addon of this machine: where it lies, whether it is older than its sources, how to build it.

const fs = require('node:fs');
const path = require('node:path');

const { platformName } = require('../../lib/platforms.js');
const { modified, npm } = require('./dependencies.js');

/** @typedef {import('./steps.js').Steps} Steps */

/** Everything the addon is compiled from. */
const SOURCES = ['Cargo.toml', 'Cargo.lock', 'build.rs', 'src', 'crates'];

/** @param {string} root */
function file(root) {
  return path.join(root, `cxone-dtmf.${platformName()}.node`);
}

/**
 * What the build writes of the addon's exports, for the type check of lib/.
 *
 * @param {string} root
 */
function types(root) {
  return path.join(root, 'lib', 'native.d.ts');
}

/**
 * When the newest of the sources was changed, in milliseconds since 1970.
 *
 * @param {string} root
 */
function sourcesModified(root) {
  const times = SOURCES.map((name) => modified(path.join(root, name)));
  for (const folder of ['src', 'crates']) {
    for (const entry of fs.readdirSync(path.join(root, folder), { recursive: true })) {
      // Folders too: their time tells of removed files.
      times.push(modified(path.join(root, folder, String(entry))));
    }
  }
  return Math.max(...times);
}

/** @param {string} root */
function outdated(root) {
  return modified(file(root)) < sourcesModified(root);
}

/**
 * Builds the release addon. Cargo compiles only what changed.
 *
 * @param {Steps} steps
 * @param {string} root
 */
async function build(steps, root) {
  const result = await npm(steps, root, 'build the addon (release)', ['run', 'build']);
  if (result.code === 0) {
    // The copy may carry the time of cargo's own file, which is not touched when nothing changed.
    const now = new Date();
    fs.utimesSync(file(root), now, now);
  }
  return result;
}

module.exports = { build, file, outdated, types };
