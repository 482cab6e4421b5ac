'use strict';

/**
 * From the record of an ended injection to what a program sees: entry, event, result, error.
 */

const { failed } = require('./errors.js');
const { failureOf } = require('./failure.js');
const native = require('./native.js');
const { JSONParse, JSONStringify, ObjectFreeze, ObjectHasOwn } = require('./primordials.js');

/** Stands for digits wherever they are hidden. Its length says nothing. */
const MASK = '*****';

/**
 * What an entry shows of its injection.
 * @typedef {object} Showing
 * @property {import('./types.js').AnyAsked} asked the params as they were read
 * @property {import('./types.js').AnyProfile} api the wire profile's side
 * @property {boolean} clear whether digits are shown
 * @property {boolean} fleet whether there is a fleet
 * @property {string} [correlationId] what the caller calls it
 */

/** @typedef {import('./types.js').Ended} Ended */
/** @typedef {import('../index.js').AuditEntry} AuditEntry */

/** Where each field is in the record of an injection that ended, by its name in the engine's table: behind the kind. */
const AT = ObjectFreeze(
  Object.fromEntries(
    JSONParse(native.laneRecords()).finished.map(
      (/** @type {string} */ name, /** @type {number} */ place) => [name, place + 1],
    ),
  ),
);

/**
 * The record of an injection that ended, whose fields have no names on their way here. Every field is the object's own,
 * so that none is looked for on `Object.prototype`.
 * @param {import('./types.js').Fields} fields
 * @returns {Ended}
 */
function ended(fields) {
  const answer = fields[AT.answer];
  const error = fields[AT.error] ? failureOf(fields[AT.error], answer) : undefined;
  // Without its body the answer did not find the memory that it needed.
  const body = error ? '' : (answer ?? '');
  const lost = !error && answer === null;
  return {
    id: fields[AT.id],
    injectionId: fields[AT.injectionId],
    callId: fields[AT.callId],
    carrierCompatible: fields[AT.carrierCompatible],
    timestamp: fields[AT.timestamp],
    queuedMs: fields[AT.queuedMs],
    latencyMs: fields[AT.latencyMs],
    attemptMs: fields[AT.attemptMs],
    attempts: fields[AT.attempts],
    fence: fields[AT.fence],
    logged: fields[AT.logged],
    playoutMs: fields[AT.playoutMs],
    unmasking: fields[AT.unmasking],
    delivery: fields[AT.delivery],
    bodyError: lost ? 'unreadable' : fields[AT.bodyError],
    body,
    error,
  };
}

/**
 * The audit entry, one per injection.
 * @param {Ended} record
 * @param {Showing} showing
 */
function auditEntry(record, { asked, api, clear, fleet, correlationId }) {
  const valid = record.callId !== null;
  const { error } = record;
  const accepted = error === undefined;
  const shown = clear && valid ? JSONParse(native.shownDigits(asked.dtmfString)) : undefined;
  return {
    timestamp: record.timestamp,
    injectionId: record.injectionId,
    callId: record.callId,
    ...(valid && correlationId !== undefined && { correlationId }),
    dtmfString: shown ? shown[0] : MASK,
    ...(valid ? api.entryFields(asked) : { dtmfType: null, interDigitPause: null }),
    validation: {
      valid,
      carrierCompatible: record.carrierCompatible === true,
      ...(shown && { frequencies: shown[1] }),
    },
    status: accepted ? 'success' : error.delivery === 'refused' ? 'failed' : 'error',
    latencyMs: record.latencyMs,
    queuedMs: record.queuedMs,
    attemptMs: record.attemptMs ?? 0,
    attempts: record.attempts,
    recognitionRate: accepted ? 1 : 0,
    recognitionSource: 'acceptance',
    delivery: record.delivery,
    ...(fleet && { fence: record.fence ?? null }),
    ...(record.logged !== null && { logged: record.logged }),
    ...(record.playoutMs !== null && { playoutMs: record.playoutMs }),
    ...(error?.digitsAccepted !== undefined && { digitsAccepted: error.digitsAccepted }),
    ...(error?.repeatOf !== undefined && { repeatOf: error.repeatOf }),
    ...(record.bodyError !== null && { bodyError: record.bodyError }),
    ...(accepted
      ? {}
      : {
          errorCode: error.response?.status ?? 'unknown',
          code: error.code,
          errorMessage: error.message,
        }),
  };
}

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
 * @param {AuditEntry} entry
 * @param {Showing} showing
 */
function finalEvent(entry, { asked, api }) {
  if (entry.status !== 'success') {
    return { event: 'dtmf.failed', callId: entry.callId, auditEntry: entry };
  }
  const payload = api.payload(asked, entry.dtmfString);
  return { event: 'dtmf.injected', callId: entry.callId, auditEntry: entry, payload };
}

/** @param {string} body */
function parsed(body) {
  if (body === '') return null;
  try {
    return JSONParse(body);
  } catch {
    return body;
  }
}

/**
 * @param {Ended} record
 * @param {object} audit
 */
function result(record, audit) {
  const { body, playoutMs } = record;
  return {
    success: true,
    data: parsed(body),
    ...(playoutMs !== null && { playoutMs }),
    audit,
  };
}

/**
 * @param {import('./types.js').Failure} failure
 * @param {number} attempts
 * @param {object} audit
 * @param {AbortSignal | undefined} signal
 */
function error(failure, attempts, audit, signal) {
  return failed(failure, signal, { attempts, audit });
}

module.exports = { ended, auditEntry, copyOf, finalEvent, result, error };
