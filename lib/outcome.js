'use strict';

/**
 * From the record of an ended injection to what a program sees: event, result, error. The entry is the engine's.
 */

const { failed } = require('./errors.js');
const { own } = require('./own.js');
const { JSONParse, JSONStringify, ObjectHasOwn } = require('./primordials.js');

/** @typedef {import('./types.js').Finished} Finished */
/** @typedef {import('../index.js').AuditEntry} AuditEntry */

/**
 * The same entry for another receiver: what one does to it must not reach the others.
 * @param {AuditEntry} entry
 */
function copyOf(entry) {
  const copy = { ...entry, validation: { ...entry.validation } };
  // Digits that are shown are few, and seldom.
  if (ObjectHasOwn(copy.validation, 'frequencies')) {
    copy.validation.frequencies = JSONParse(JSONStringify(copy.validation.frequencies));
  }
  return copy;
}

/**
 * @param {Finished} record
 * @returns {import('../index.js').CtiEvent}
 */
function finalEvent({ entry, error, answer }) {
  const { callId } = entry;
  const auditEntry = copyOf(entry);
  if (error) return { event: 'dtmf.failed', callId, auditEntry };
  // Parsed anew: the result's data is the caller's, and the event is frozen.
  const payload = parsed(shownOf(answer));
  return { event: 'dtmf.injected', callId: /** @type {string} */ (callId), auditEntry, payload };
}

/**
 * What events show of a body.
 * @param {Finished['answer']} answer
 */
function shownOf(answer) {
  if (!answer || answer[1] === false) return undefined;
  return answer[1] === true ? answer[0] : answer[1];
}

/**
 * @param {string | undefined} body
 * @returns {unknown}
 */
function parsed(body) {
  if (body === undefined || body === '') return null;
  try {
    return JSONParse(body);
  } catch {
    return body;
  }
}

/** @param {Finished} record */
function result({ entry, answer }) {
  const playoutMs = own(entry, 'playoutMs');
  return {
    success: true,
    data: parsed(answer?.[0]),
    ...(playoutMs !== undefined && { playoutMs }),
    audit: entry,
  };
}

/**
 * @param {import('./types.js').Failure} failure
 * @param {AuditEntry} audit
 * @param {AbortSignal | undefined} signal
 */
function error(failure, audit, signal) {
  return failed(failure, signal, { attempts: audit.attempts, audit });
}

module.exports = { copyOf, finalEvent, result, error };
