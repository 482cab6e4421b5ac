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

/** The forms of RFC 3339. `Date` reads others by rules of its own, in the zone of the machine. */
const TIME = /^(\d{4}-\d\d-\d\d)(?:T(\d\d:\d\d:\d\d)(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d))?$/;

/**
 * A date, or a time with its zone. `Date` counts days on that a month does not have, and hour 24: a time is what it says.
 * @param {string} text
 */
function timeOf(text) {
  const [, date, clock = '00:00:00'] = TIME.exec(text) ?? [];
  if (date === undefined) return undefined;
  const local = new Date(`${date}T${clock}Z`);
  const isThere = !Number.isNaN(local.getTime()) && local.toISOString().startsWith(`${date}T${clock}`);
  const time = new Date(text);
  return isThere && !Number.isNaN(time.getTime()) ? time : undefined;
}

/**
 * @param {Work} work
 * @param {string | undefined} before
 * @param {import('./output.js').Output} output
 */
async function prune({ directory, keys, stderr, signal }, before, output) {
  const time = timeOf(before ?? '');
  if (time === undefined)
    throw new UsageError(
      '--before must be a date, or a time with its zone',
      'For example --before 2026-01-31, which begins in UTC, or 2026-01-31T08:00:00+01:00.',
    );
  if (time > new Date())
    throw new UsageError('--before must not be in the future', 'Files that are written now would go too.');
  const done = await begun(
    ({ native, lane, id }) =>
      native.NativeAuditCheck.prune(lane, id, directory, [...keys], time.toISOString(), os.hostname()),
    { keys, paths: [directory], stderr, signal },
  );
  const { files, bytes, inDoubt } = /** @type {{ files: string[], bytes: number, inDoubt: number }} */ (done);
  const sum = `removed ${files.length} ${files.length === 1 ? 'file' : 'files'}, ${bytes} bytes`;
  const left =
    inDoubt > 0 ? `; ${inDoubt} more hold injections in doubt, or say what became of one, and stay` : '';
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
