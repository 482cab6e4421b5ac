'use strict';

// What the soak programs share: a platform to talk to, and one client of it.

const { spawn } = require('node:child_process');
const path = require('node:path');
const readline = require('node:readline');
const { CXoneAuthClient, DtmfInjector } = require('cxone-dtmf');

/**
 * Starts the simulator in a process of its own.
 * @param {object} [options] of `startSimulator`
 */
async function startPlatform(options = {}) {
  const file = path.join(__dirname, 'platform.js');
  const child = spawn(process.execPath, [file, JSON.stringify(options)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = readline.createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const credentials = JSON.parse((await lines.next()).value);
  return {
    credentials,
    /** Ends it and gives what it counted. */
    async stop() {
      child.stdin.end();
      return JSON.parse((await lines.next()).value);
    },
  };
}

/**
 * @param {{ authUrl: string, apiUrl: string, clientId: string, clientSecret: string }} credentials
 * @param {object} [config]
 */
function newInjector({ authUrl, apiUrl, clientId, clientSecret }, config = {}) {
  const auth = new CXoneAuthClient({ authUrl, clientId, clientSecret, logger: false });
  return new DtmfInjector(auth, { apiUrl, logger: false, ...config });
}

/**
 * @param {string} callId
 * @returns {import('cxone-dtmf').InjectionParams}
 */
function params(callId) {
  return {
    telephonyProviderId: 'provider',
    lineId: 'line',
    callId,
    dtmfString: '147#',
    dtmfType: 'RFC2833',
    interDigitPause: 50,
  };
}

/**
 * Memory in use in MB after a collection: what is resident, less the part of V8's heap that is free, whose size
 * V8 changes as it likes. Needs `--expose-gc`.
 */
async function settledMemory() {
  for (let i = 0; i < 3; i += 1) {
    globalThis.gc?.();
    await new Promise((resolve) => setImmediate(resolve));
  }
  const { rss, heapTotal, heapUsed } = process.memoryUsage();
  return (rss - heapTotal + heapUsed) / 1e6;
}

module.exports = { startPlatform, newInjector, params, settledMemory };
