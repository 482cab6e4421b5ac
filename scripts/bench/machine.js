'use strict';

// What figures hold for: the machine, and what ran on it.

const { spawnSync } = require('node:child_process');
const os = require('node:os');

/**
 * @typedef {object} Machine
 * @property {string} cpu
 * @property {number} cores
 * @property {number} load the average of the last minute, of what ran before
 * @property {string} node
 * @property {string} rust
 * @property {Record<string, string>} versions of the libraries that are compared
 */

/** @returns {Machine} */
function machine() {
  const [first] = os.cpus();
  const rust = spawnSync('rustc', ['--version'], { encoding: 'utf8' });
  const version = (/** @type {string} */ name) => require(`${name}/package.json`).version;
  return {
    cpu: first?.model.trim() ?? 'unknown CPU',
    cores: os.availableParallelism(),
    load: Number(os.loadavg()[0].toFixed(1)),
    node: process.versions.node,
    rust: /\d+\.\d+\.\d+/.exec(rust.stdout ?? '')?.[0] ?? 'unknown',
    versions: { axios: version('axios'), undici: version('undici') },
  };
}

module.exports = { machine };
