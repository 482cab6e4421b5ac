'use strict';

// `npm start`: from a fresh clone to the demo, without an account. Its arguments go to the demo.

const os = require('node:os');
const path = require('node:path');

const root = path.join(__dirname, '..');
require('./lib/requirements.js').demand(root);

const { spawn } = require('node:child_process');

const addon = require('./lib/addon.js');
const dependencies = require('./lib/dependencies.js');
const { Steps } = require('./lib/steps.js');

async function main() {
  // The demo's standard output is data (`--json`): everything else goes to standard error.
  const steps = new Steps(process.stderr);
  if (dependencies.outdated(root)) {
    const { code } = await dependencies.install(steps, root);
    if (code !== 0) return code;
  }
  if (addon.outdated(root)) {
    steps.say('The addon is built once; it takes some minutes.');
    const { code } = await addon.build(steps, root);
    if (code !== 0) return code;
  }
  return demo(process.argv.slice(2));
}

/**
 * @param {string[]} args
 * @returns {Promise<number>} its exit code
 */
function demo(args) {
  const file = path.join(root, 'examples', 'demo.js');
  const child = spawn(process.execPath, [file, ...args], { stdio: 'inherit' });
  // A terminal sends Ctrl-C to the demo as well, which ends in its own way; others signal only us.
  process.on('SIGINT', () => {});
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (code, signal) => resolve(signal ? 128 + os.constants.signals[signal] : (code ?? 1)));
  });
}

main().then((code) => {
  process.exitCode = code;
});
