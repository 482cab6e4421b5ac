'use strict';

// Runs a program as a user would write it: in a directory of its own, with the package in its node_modules.

const { spawn } = require('node:child_process');
const fs = require('node:fs/promises');
const os = require('node:os');
const path = require('node:path');
const { setTimeout, clearTimeout } = require('node:timers');

const { profile } = require('./profiles');

const PACKAGE = path.resolve(__dirname, '..', '..');

/**
 * @param {string} source what the program is
 * @param {object} [options]
 * @param {'cjs'|'mjs'} [options.type] default: 'cjs'
 * @param {Record<string, string>} [options.env] added to the environment
 * @param {number} [options.timeoutMs] the program is killed after it; default: 50,000
 * @param {(child: import('node:child_process').ChildProcess) => unknown} [options.during] has its standard input, which
 *   is empty otherwise
 * @returns {Promise<{code: number|null, signal: string|null, stdout: string, stderr: string}>}
 */
async function runProgram(source, { type = 'cjs', env = {}, timeoutMs = 50_000, during } = {}) {
  const home = await fs.mkdtemp(path.join(os.tmpdir(), 'cxone-dtmf-program-'));
  try {
    await fs.mkdir(path.join(home, 'node_modules'));
    // A junction needs no rights on Windows and is a plain link elsewhere.
    await fs.symlink(PACKAGE, path.join(home, 'node_modules', 'cxone-dtmf'), 'junction');
    const file = path.join(home, `program.${type}`);
    await fs.writeFile(file, source);
    return await run(file, home, env, timeoutMs, during);
  } finally {
    await fs.rm(home, { recursive: true, force: true });
  }
}

function run(file, cwd, env, timeoutMs, during) {
  // What Jest was started with is no business of the program.
  const inherited = { ...process.env };
  delete inherited.NODE_OPTIONS;
  delete inherited.JEST_WORKER_ID;
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [file], {
      cwd,
      env: {
        ...inherited,
        PLATFORM: path.join(__dirname, 'platform.js'),
        PROFILES: path.join(__dirname, 'profiles.js'),
        WIRE_PROFILE: profile.name,
        ...env,
      },
      stdio: [during ? 'pipe' : 'ignore', 'pipe', 'pipe'],
    });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text) => (stderr += text));
    const killer = setTimeout(() => child.kill('SIGKILL'), timeoutMs);
    child.once('error', reject);
    Promise.resolve(during?.(child)).catch((error) => {
      child.kill('SIGKILL');
      reject(error);
    });
    child.once('close', (code, signal) => {
      clearTimeout(killer);
      resolve({ code, signal, stdout, stderr });
    });
  });
}

/** The lines that are JSON objects, parsed, in order. */
function jsonLines(text) {
  return text
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line));
}

module.exports = { runProgram, jsonLines };
