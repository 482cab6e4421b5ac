'use strict';

// A program of the repository as a process of its own, which a test may watch and signal.

const { spawn } = require('node:child_process');
const path = require('node:path');
const { setTimeout, clearTimeout } = require('node:timers');
const { setTimeout: delay } = require('node:timers/promises');

const ROOT = path.resolve(__dirname, '..', '..');

/**
 * @param {string[]} args of node
 * @param {object} [options]
 * @param {Record<string, string>} [options.env] added to the environment
 * @param {number} [options.timeoutMs] the process is killed after it; default: 240,000
 */
function startNode(args, { env = {}, timeoutMs = 240_000 } = {}) {
  // What Jest was started with is no business of the program, and PORT is one of its switches.
  const inherited = { ...process.env };
  for (const name of ['NODE_OPTIONS', 'JEST_WORKER_ID', 'NODE_TEST_CONTEXT', 'PORT']) delete inherited[name];
  const process_ = spawn(process.execPath, args, {
    cwd: ROOT,
    env: { ...inherited, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const child = {
    stdout: '',
    stderr: '',
    signal: (name) => process_.kill(name),
    /** Waits for a line of standard output. */
    async line(pattern) {
      for (;;) {
        const match = pattern.exec(child.stdout);
        if (match) return match;
        if (process_.exitCode !== null) throw new Error(`ended without ${pattern}:\n${child.stderr}`);
        await delay(5);
      }
    },
    ended: new Promise((resolve, reject) => {
      const killer = setTimeout(() => process_.kill('SIGKILL'), timeoutMs);
      process_.once('error', reject);
      process_.once('close', (code, signal) => {
        clearTimeout(killer);
        resolve({ code, signal, stdout: child.stdout, stderr: child.stderr });
      });
    }),
  };
  process_.stdout.setEncoding('utf8').on('data', (text) => (child.stdout += text));
  process_.stderr.setEncoding('utf8').on('data', (text) => (child.stderr += text));
  return child;
}

module.exports = { ROOT, startNode };
