'use strict';

/**
 * From the record of an ended injection to what a program sees: entry, event, result, error.
 */

const { reasonOf } = require('./abort.js');
const { DtmfError } = require('./errors.js');
const native = require('./native.js');
const { frequenciesOf } = require('./payload.js');

/** Stands for digits wherever they are hidden. Its length says nothing. */
const MASK = '*****';

/**
 * Digits as they are sent. `w` and `W` are pauses of different length and stay as they are.
 * @param {string} digits
 */
const upper = (digits) => digits.replace(/[a-d]/g, (digit) => digit.toUpperCase());

/**
 * What an entry shows of its injection.
 * @typedef {object} Showing
 * @property {any} asked the params as they were read
 * @property {{ entryFields(asked: any): object, payload(asked: any, digits: string): object }} api the wire profile's side
 * @property {boolean} clear whether digits are shown
 * @property {boolean} fleet whether there is a fleet
 * @property {string} [correlationId] what the caller calls it
 */

/** Where each field is in the record of an ended injection, by its name in the engine's table. */
const AT = Object.freeze(
  Object.fromEntries(
    JSON.parse(native.tables())
      .outcome.filter((/** @type {any} */ { crosses }) => crosses)
      .map((/** @type {any} */ { name }, /** @type {number} */ place) => [name, place]),
  ),
);

/**
 * The record of an injection that ended, whose fields have no names on their way here.
 * @param {any[]} fields
 */
function ended(fields) {
  const error = fields[AT.error] ?? undefined;
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
    delivery: fields[AT.delivery],
    accepted: error ? undefined : { body: fields[AT.body], bodyError: fields[AT.bodyError] ?? undefined },
    playoutMs: fields[AT.playoutMs] ?? undefined,
    logged: fields[AT.logged] ?? undefined,
    unmasking: fields[AT.unmasking],
    error,
  };
}

/** @param {{ bodyError?: string } | undefined} answer */
function bodyError(answer) {
  return answer?.bodyError ? { bodyError: answer.bodyError } : {};
}

/**
 * The audit entry, one per injection.
 * @param {any} record
 * @param {Showing} showing
 */
function auditEntry(record, { asked, api, clear, fleet, correlationId }) {
  const valid = record.callId !== null;
  const accepted = record.accepted !== undefined;
  const { error } = record;
  const showing = clear && valid;
  return {
    timestamp: record.timestamp,
    injectionId: record.injectionId,
    callId: record.callId,
    ...(valid && correlationId !== undefined && { correlationId }),
    dtmfString: showing ? upper(asked.dtmfString) : MASK,
    ...(valid ? api.entryFields(asked) : { dtmfType: null, interDigitPause: null }),
    validation: {
      valid,
      carrierCompatible: record.carrierCompatible === true,
      ...(showing && { frequencies: frequenciesOf(asked.dtmfString) }),
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
    ...(record.logged !== undefined && { logged: record.logged }),
    ...(record.playoutMs !== undefined && { playoutMs: record.playoutMs }),
    ...(error?.digitsAccepted !== undefined && { digitsAccepted: error.digitsAccepted }),
    ...bodyError(record.accepted ?? error.response),
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
 * @param {any} entry
 * @param {Showing} showing
 */
function finalEvent(entry, { asked, api, clear }) {
  if (entry.status !== 'success') {
    return { event: 'dtmf.failed', callId: entry.callId, auditEntry: entry };
  }
  const payload = api.payload(asked, clear ? upper(asked.dtmfString) : MASK);
  return { event: 'dtmf.injected', callId: entry.callId, auditEntry: entry, payload };
}

/** @param {string} body */
function parsed(body) {
  if (body === '') return null;
  try {
    return JSON.parse(body);
  } catch {
    return body;
  }
}

/**
 * @param {any} record
 * @param {object} audit
 */
function result(record, audit) {
  const { accepted, playoutMs } = record;
  return {
    success: true,
    data: parsed(accepted.body),
    ...(playoutMs !== undefined && { playoutMs }),
    audit,
  };
}

/**
 * @param {any} record
 * @param {object} audit
 * @param {AbortSignal | undefined} signal
 */
function error(record, audit, signal) {
  const aborted = record.error.code === 'ABORT_ERR';
  return new DtmfError(record.error, {
    attempts: record.attempts,
    audit,
    ...(aborted && { cause: reasonOf(signal) }),
  });
}

module.exports = { ended, auditEntry, finalEvent, result, error };
