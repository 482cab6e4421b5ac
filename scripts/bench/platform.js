'use strict';

// The platforms that are measured against, each a simulator in a process of its own that keeps no journal: plain http
// from the package itself, https from `crates/simulator/examples/tls_simulator.rs`. Both tell their counters on request.

const { spawn } = require('node:child_process');
const { once } = require('node:events');
const readline = require('node:readline');

const { rustProgram } = require('./rust.js');

/**
 * @typedef {object} Platform
 * @property {Record<'authUrl' | 'apiUrl' | 'clientId' | 'clientSecret', string>} credentials
 * @property {string} [caBundle] the certificate of its private authority, PEM; none over http
 * @property {() => Promise<number>} executions how many sequences it has pressed
 * @property {() => Promise<void>} stop
 */

/** @typedef {'http' | 'https'} Scheme */

/**
 * @param {Scheme} scheme
 * @returns {Promise<Platform>}
 */
async function startPlatform(scheme) {
  const [command, args] =
    scheme === 'https' ? [rustProgram('tls_simulator'), []] : [process.execPath, [__filename]];
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = new Promise((resolve) => child.once('close', resolve));
  const lines = readline.createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const read = async () => {
    const { value, done } = await lines.next();
    if (done) throw new Error(`the ${scheme} platform ended`);
    return JSON.parse(value);
  };
  const { credentials, caBundle } = await read();
  return {
    credentials,
    caBundle,
    async executions() {
      child.stdin.write('\n');
      return (await read()).executions;
    },
    async stop() {
      child.stdin.end();
      await ended;
    },
  };
}

/** The http platform: prints its credentials, then its counters for each line that it reads. */
async function main() {
  const { startSimulator } = require('cxone-dtmf/simulator');
  const simulator = await startSimulator({ autoCalls: true, journalLimit: 0 });
  const tell = (/** @type {unknown} */ value) => process.stdout.write(`${JSON.stringify(value)}\n`);
  tell({ credentials: simulator.credentials });
  const lines = readline.createInterface({ input: process.stdin });
  lines.on('line', () => tell(simulator.stats()));
  await once(lines, 'close');
  await simulator.stop();
}

if (require.main === module) void main();

module.exports = { startPlatform };
