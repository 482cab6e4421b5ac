'use strict';

// The audit log: what an injection costs when its directory holds much already, and how long it takes to open it.

const fs = require('node:fs');
const path = require('node:path');

const { SEQUENCE } = require('../bench/clients/sequence.js');
const { ROOT } = require('../bench/rust.js');
const { compare, newInjector } = require('./client.js');

const KEY = 'a-key-for-measurements';
const LONG_BYTES = 10e6;
/** In flight while the long file is made. */
const AT_ONCE = 64;

/** @param {string} directory */
const logTo = (directory) => ({ auditLog: { directory, key: KEY, durability: /** @type {const} */ ('os') } });

/** @param {string} directory */
function bytesIn(directory) {
  const files = fs.readdirSync(directory).map((name) => fs.statSync(path.join(directory, name)).size);
  return files.reduce((sum, size) => sum + size, 0);
}

/** @param {import('./client.js').Platform} platform @param {string} directory @param {number} bytes */
async function grow(platform, directory, bytes) {
  const injector = newInjector(platform, logTo(directory));
  let n = 0;
  const lane = async () => {
    while (bytesIn(directory) < bytes) {
      n += 1;
      await injector.injectDTMF({ ...SEQUENCE, callId: `call-${n % 1000}` });
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
  await injector.close();
}

/** From an injector that is not there to its first digits. @param {import('./client.js').Platform} platform @param {string} directory */
async function firstMs(platform, directory) {
  const started = performance.now();
  const injector = newInjector(platform, logTo(directory));
  await injector.injectDTMF({ ...SEQUENCE, callId: 'call-1' });
  const took = performance.now() - started;
  await injector.close();
  return took;
}

/**
 * @param {import('./client.js').Platform} platform
 * @param {{ rounds: number, seconds: number, bytes?: number }} effort
 */
async function rows(platform, { bytes = LONG_BYTES, ...effort }) {
  const target = path.join(ROOT, 'target');
  fs.mkdirSync(target, { recursive: true });
  const folder = fs.mkdtempSync(path.join(target, 'bench-growth-'));
  const [short, long] = ['empty', 'long'].map((name) => path.join(folder, name));
  try {
    for (const directory of [short, long]) fs.mkdirSync(directory);
    await grow(platform, long, bytes);
    const logs = [
      { what: 'an empty audit log', directory: short },
      { what: `an audit log of ${(bytes / 1e6).toFixed(0)} MB`, directory: long },
    ];
    /** @type {number[]} */
    const opening = [];
    for (const { directory } of logs) opening.push(await firstMs(platform, directory));
    const found = await compare(
      platform,
      logs.map(({ what, directory }) => ({ what, config: logTo(directory) })),
      effort,
    );
    return found.map((row, n) => ({ ...row, firstMs: opening[n] }));
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

module.exports = { rows };
