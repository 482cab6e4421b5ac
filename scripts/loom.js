'use strict';

// `npm run test:loom`: every order of steps of the threads that share the lock, the token, the witness and a session.
//
//   node scripts/loom.js [name of a test ...]
//
// LOOM_MAX_PREEMPTIONS (default 3) bounds the walk: 2 takes about 2 seconds, 3 about 6, 4 about 30. The
// flag changes what every crate is compiled with, so this has a target folder of its own.

const path = require('node:path');

const root = path.join(__dirname, '..');
require('./lib/requirements.js').demand(root);

const { spawn } = require('node:child_process');
const os = require('node:os');

const flags = [process.env.RUSTFLAGS, '--cfg cxone_loom'].filter(Boolean).join(' ');
const args = ['test', '--locked', '-p', 'cxone-dtmf-engine', '--test', 'loom'];
args.push('--target-dir', path.join(root, 'target', 'loom'), '--', ...process.argv.slice(2));

const child = spawn('cargo', args, {
  cwd: root,
  env: { ...process.env, RUSTFLAGS: flags },
  stdio: 'inherit',
});
// A terminal sends Ctrl-C to cargo as well; others signal only this process.
process.on('SIGINT', () => {});
process.on('SIGTERM', () => child.kill('SIGTERM'));
child.on('error', (error) => {
  process.stderr.write(`cargo did not start: ${error.message}\n`);
  process.exitCode = 1;
});
child.on('exit', (code, signal) => {
  process.exitCode = signal ? 128 + os.constants.signals[signal] : (code ?? 1);
});
