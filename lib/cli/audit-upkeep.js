'use strict';

/**
 * What is done to an audit log from outside: old files are removed, and a change of the key is announced. Either is written
 * down in the log first.
 */

const os = require('node:os');

const { begun } = require('./audit-check.js');
const { UsageError } = require('./usage-error.js');

/**
 * @typedef {object} Work
 * @property {string} directory
 * @property {readonly Buffer[]} keys
 * @property {NodeJS.WriteStream} stderr
 * @property {AbortSignal} signal
 */

/**
 * @param {Work} work
 * @param {string | undefined} before
 * @param {import('./output.js').Output} output
 */
async function prune({ directory, keys, stderr, signal }, before, output) {
  const time = new Date(before ?? '');
  if (Number.isNaN(time.getTime()))
    throw new UsageError('--before must be a date', 'For example --before 2026-01-31, which begins in UTC.');
  const done = await begun(
    ({ native, lane, id }) =>
      native.NativeAuditCheck.prune(lane, id, directory, [...keys], time.toISOString(), os.hostname()),
    { keys, paths: [directory], stderr, signal },
  );
  const { files, bytes, inDoubt } = /** @type {{ files: string[], bytes: number, inDoubt: number }} */ (done);
  const sum = `removed ${files.length} ${files.length === 1 ? 'file' : 'files'}, ${bytes} bytes`;
  const left = inDoubt > 0 ? `; ${inDoubt} more hold injections in doubt, or say what became of one, and stay` : '';
  output.result(`${sum}${left}`, { ok: true, files, bytes, inDoubt });
}

/**
 * @param {Work} work
 * @param {readonly Buffer[]} next
 * @param {import('./output.js').Output} output
 */
async function rekey({ directory, keys, stderr, signal }, next, output) {
  await begun(
    ({ native, lane, id }) =>
      native.NativeAuditCheck.rekey(lane, id, directory, [...keys], [...next], os.hostname()),
    { keys: [...keys, ...next], paths: [directory], stderr, signal },
  );
  output.result('written down: files with the new key may follow', { ok: true });
}

module.exports = { prune, rekey };
