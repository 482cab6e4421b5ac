'use strict';

/**
 * Runs the verification, which the engine does on a thread of its own, and shows how far it is.
 */

const fs = require('node:fs');
const { setInterval, clearInterval } = require('node:timers');

const { UsageError } = require('./usage-error.js');

/** The engine's own rule; a shorter key never was one. */
const MIN_KEY_BYTES = 16;

const STEP_MS = 100;
const BAR = 30;
const NEW_LINE = 0x0a;

/**
 * @param {string} option
 * @param {string} file
 * @returns {Buffer}
 */
function textFrom(option, file) {
  try {
    return fs.readFileSync(file);
  } catch (error) {
    const { code } = /** @type {NodeJS.ErrnoException} */ (error);
    throw new UsageError(
      `The file of --${option} cannot be read (${code})`,
      'Name a file that this user may read.',
    );
  }
}

/**
 * The keys in files. A line break at the end of a file may belong to the key or to whoever saved it, so both
 * are tried; the log names its key.
 * @param {readonly string[]} files
 * @returns {Buffer[]}
 */
function keysFrom(files) {
  return files.flatMap((file) => {
    const bytes = textFrom('key-file', file);
    const bare = bytes.at(-1) === NEW_LINE ? bytes.subarray(0, -1) : bytes;
    const keys = [...new Set([bare, bytes])].filter(({ length }) => length >= MIN_KEY_BYTES);
    if (keys.length > 0) return keys;
    throw new UsageError(`The file of --key-file holds no key: a key has at least ${MIN_KEY_BYTES} bytes`);
  });
}

/**
 * @typedef {{ native: typeof import('../native.js'), lane: import('../native.js').NativeLane, id: number }} To
 * @typedef {object} Around
 * @property {readonly Buffer[]} keys wiped as soon as the engine has them
 * @property {readonly string[]} paths what is read
 * @property {NodeJS.WriteStream} stderr
 * @property {AbortSignal} signal
 */

/**
 * @param {(to: To) => import('../native.js').NativeAuditCheck} begin
 * @param {Around} around
 * @returns {Promise<unknown>}
 */
async function begun(begin, { keys, paths, stderr, signal }) {
  const native = require('../native.js');
  const lane = require('../lane.js');
  /** @type {import('../native.js').NativeAuditCheck | undefined} */
  let running;
  const giveUp = () => running?.giveUp();
  signal.addEventListener('abort', giveUp);
  const ended = lane.ask({}, (id) => {
    running = begin({ native, lane: lane.lane, id });
  });
  for (const key of keys) key.fill(0);
  const clear = running && stderr.isTTY ? showProgress(running, sizeOf(paths), stderr) : () => {};
  const record = await ended.finally(clear);
  signal.removeEventListener('abort', giveUp);
  signal.throwIfAborted();
  if (record.error) throw new UsageError(record.error.message);
  return record.value;
}

/**
 * @param {Around & { anchors: string, trusts: boolean }} what `trusts` reads what is sealed with a key that is not given too
 */
async function check({ anchors, trusts, ...around }) {
  const { paths, keys } = around;
  const report = await begun(
    ({ native, lane, id }) => new native.NativeAuditCheck(lane, id, [...paths], [...keys], anchors, trusts),
    around,
  );
  return /** @type {import('../types.js').AuditReport} */ (report);
}

/** @param {readonly string[]} files */
function sizeOf(files) {
  return files.reduce((sum, file) => sum + (fs.statSync(file, { throwIfNoEntry: false })?.size ?? 0), 0);
}

/**
 * @param {{ bytes(): number }} running
 * @param {number} total
 * @param {NodeJS.WriteStream} stderr
 * @returns {() => void} takes the bar away
 */
function showProgress(running, total, stderr) {
  const timer = setInterval(() => {
    const share = Math.min(1, running.bytes() / Math.max(1, total));
    const full = Math.round(share * BAR);
    const percent = `${Math.floor(share * 100)} %`;
    stderr.write(`\r\x1b[2K[${'#'.repeat(full)}${'.'.repeat(BAR - full)}]  ${percent}`);
  }, STEP_MS);
  return () => {
    clearInterval(timer);
    stderr.write('\r\x1b[2K');
  };
}

module.exports = { begun, check, keysFrom, textFrom };
