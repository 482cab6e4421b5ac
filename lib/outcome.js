'use strict';

/**
 * From the record of an ended injection to what a program sees: event, result, error. The entry is the engine's.
 */

const { failed } = require('./errors.js');
const names = require('./names.js');
const { own } = require('./own.js');
const { JSONParse, JSONStringify } = require('./primordials.js');

/** @typedef {import('./types.js').Finished} Finished */
/** @typedef {import('../index.js').AuditEntry} AuditEntry */

/**
 * The audit entry, made anew for each receiver: what one does to it must not reach the others.
 * @param {Finished} record
 * @returns {AuditEntry}
 */
function entryOf({ entry: values, error, answer }) {
  const entry = names.entry(values);
  entry.validation = validationOf(entry.validation);
  // The answer did not find the memory that it needed.
  if (!error && !answer) entry.bodyError = 'unreadable';
  return entry;
}

/**
 * @param {import('./types.js').Fields} values those of `Validation` in `src/outcome_fields.rs`, in the same order
 * @returns {AuditEntry['validation']}
 */
function validationOf(values) {
  const validation = { valid: values[0], carrierCompatible: values[1] };
  if (values[2] === null) return validation;
  // Digits that are shown are few, and seldom.
  return { ...validation, frequencies: JSONParse(JSONStringify(values[2])) };
}

/**
 * @param {Finished} record
 * @returns {import('../index.js').CtiEvent}
 */
function finalEvent(record) {
  const auditEntry = entryOf(record);
  const { callId } = auditEntry;
  if (record.error) return { event: 'dtmf.failed', callId, auditEntry };
  // Parsed anew: the result's data is the caller's, and the event is frozen.
  const payload = parsed(shownOf(record.answer));
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
function result(record) {
  const audit = entryOf(record);
  const playoutMs = own(audit, 'playoutMs');
  return {
    success: true,
    data: parsed(record.answer?.[0]),
    ...(playoutMs !== undefined && { playoutMs }),
    audit,
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

module.exports = { entryOf, finalEvent, result, error };
