'use strict';

// The audit log: what an injection costs when its file is long already, and how long it takes to open it.

const fs = require('node:fs');
const path = require('node:path');

const { SEQUENCE } = require('../bench/clients/sequence.js');
const { ROOT } = require('../bench/rust.js');
const { compare, newInjector } = require('./client.js');

const KEY = 'a-key-for-measurements';
const LONG_BYTES = 10e6;
/** In flight while the long file is made. */
const AT_ONCE = 64;

/** @param {string} file */
const logTo = (file) => ({ auditLog: { file, key: KEY, durability: /** @type {const} */ ('os') } });

/** @param {import('./client.js').Platform} platform @param {string} file @param {number} bytes */
async function grow(platform, file, bytes) {
  const injector = newInjector(platform, logTo(file));
  let n = 0;
  const lane = async () => {
    while ((fs.statSync(file, { throwIfNoEntry: false })?.size ?? 0) < bytes) {
      n += 1;
      await injector.injectDTMF({ ...SEQUENCE, callId: `call-${n % 1000}` });
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
  await injector.close();
}

/** From an injector that is not there to its first digits. @param {import('./client.js').Platform} platform @param {string} file */
async function firstMs(platform, file) {
  const started = performance.now();
  const injector = newInjector(platform, logTo(file));
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
  const directory = fs.mkdtempSync(path.join(target, 'bench-growth-'));
  const [short, long] = ['empty', 'long'].map((name) => path.join(directory, name));
  try {
    await grow(platform, long, bytes);
    const files = [
      { what: 'an empty audit file', file: short },
      { what: `an audit file of ${(bytes / 1e6).toFixed(0)} MB`, file: long },
    ];
    /** @type {number[]} */
    const opening = [];
    for (const { file } of files) opening.push(await firstMs(platform, file));
    const found = await compare(
      platform,
      files.map(({ what, file }) => ({ what, config: logTo(file) })),
      effort,
    );
    return found.map((row, n) => ({ ...row, firstMs: opening[n] }));
  } finally {
    fs.rmSync(directory, { recursive: true, force: true });
  }
}

module.exports = { rows };
