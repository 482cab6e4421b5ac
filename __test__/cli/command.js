'use strict';

// Runs the command as a shell would: a process of its own, with pipes.

const { spawn } = require('node:child_process');
const path = require('node:path');
const { setTimeout, clearTimeout } = require('node:timers');

const BIN = path.join(__dirname, '..', '..', 'bin', 'cxone-dtmf.js');

/** Whatever a test presses and whoever it is, no output may tell. */
const DIGITS = '7391846250';
const SECRET = 'secret-canary-b81f';

/** What the machine of the test has set is no business of the command. */
function cleanEnvironment() {
  const meddling =
    /^(CXONE_|NODE_OPTIONS$|NODE_EXTRA_CA_CERTS$|JEST_WORKER_ID$|SSL_CERT|(https?|all|no)_proxy$)/i;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !meddling.test(name)));
}

/**
 * @param {string[]} args
 * @param {object} [options]
 * @param {Record<string, string>} [options.env]
 * @param {string | null} [options.stdin] null keeps it open
 * @param {string} [options.bin]
 * @param {(child: import('node:child_process').ChildProcess, seen: () => string) => unknown} [options.during]
 * @returns {Promise<{ code: number | null, signal: string | null, stdout: string, stderr: string }>}
 */
async function command(args, { env = {}, stdin = '', bin = BIN, during } = {}) {
  const child = spawn(process.execPath, [bin, ...args], {
    env: { ...cleanEnvironment(), ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text) => (stderr += text));
  // A command that refuses its arguments does not read its input.
  child.stdin.on('error', () => {});
  if (stdin !== null) child.stdin.end(stdin);
  const killer = setTimeout(() => child.kill('SIGKILL'), 100_000);
  const closed = new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve({ code, signal }));
  });
  let problem;
  try {
    await during?.(child, () => stdout);
  } catch (error) {
    problem = error;
    child.kill('SIGKILL');
  }
  const { code, signal } = await closed;
  clearTimeout(killer);
  if (problem) throw problem;
  for (const secret of [DIGITS, SECRET]) {
    // Not with `expect(…).not.toContain`: its message would print what leaked.
    if ((stdout + stderr).includes(secret)) throw new Error('the output holds digits or a secret');
  }
  return { code, signal, stdout, stderr };
}

/** The settings that lead to a simulator. */
function environment({ credentials }, overrides = {}) {
  return {
    CXONE_AUTH_URL: credentials.authUrl,
    CXONE_API_URL: credentials.apiUrl,
    CXONE_CLIENT_ID: credentials.clientId,
    CXONE_CLIENT_SECRET: credentials.clientSecret,
    CXONE_PROVIDER_ID: 'provider-1',
    CXONE_LINE_ID: 'line-1',
    CXONE_CALL_ID: 'call-1',
    ...overrides,
  };
}

/** The settings that lead to a session of a simulator, by an access key and discovery. */
function sessionEnvironment({ accessKey }, overrides = {}) {
  return {
    CXONE_AUTH_URL: accessKey.authUrl,
    CXONE_GRANT: 'access-key',
    CXONE_ACCESS_KEY_ID: accessKey.accessKeyId,
    CXONE_ACCESS_KEY_SECRET: accessKey.accessKeySecret,
    CXONE_API_URL: 'discover',
    CXONE_SESSION_ID: 'session-1',
    CXONE_CONTACT_ID: 'contact-1',
    ...overrides,
  };
}

module.exports = { command, environment, sessionEnvironment, BIN, DIGITS, SECRET };
