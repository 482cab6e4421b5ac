'use strict';

/**
 * From a `finished` record to what a program sees: entry, event, result, error.
 */

const { reasonOf } = require('./abort.js');
const { DtmfError } = require('./errors.js');
const { frequenciesOf } = require('./payload.js');

/** Stands for digits wherever they are hidden. Its length says nothing. */
const MASK = '*****';

/** @param {string} digits */
const upper = (digits) => digits.toUpperCase();

/** @param {{ bodyError?: string } | undefined} answer */
function bodyError(answer) {
  return answer?.bodyError ? { bodyError: answer.bodyError } : {};
}

/**
 * The audit entry, one per injection.
 * @param {any} record
 * @param {any} params as the program gave them
 * @param {boolean} clear whether digits are shown
 */
function auditEntry(record, params, clear) {
  const valid = record.callId !== null;
  const accepted = record.accepted !== undefined;
  const { error } = record;
  const showing = clear && valid;
  return {
    timestamp: new Date(record.timestampMs).toISOString(),
    injectionId: record.injectionId,
    callId: record.callId,
    dtmfString: showing ? upper(params.dtmfString) : MASK,
    dtmfType: valid ? params.dtmfType : null,
    interDigitPause: valid ? params.interDigitPause : null,
    validation: {
      valid,
      carrierCompatible: record.carrierCompatible === true,
      ...(showing && { frequencies: frequenciesOf(params.dtmfString) }),
    },
    status: accepted ? 'success' : error.delivery === 'refused' ? 'failed' : 'error',
    latencyMs: record.latencyMs,
    queuedMs: record.queuedMs,
    attemptMs: record.attemptMs ?? 0,
    attempts: record.attempts,
    recognitionRate: accepted ? 1 : 0,
    recognitionSource: 'acceptance',
    delivery: record.delivery,
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
 * @param {any} params
 * @param {boolean} clear
 */
function finalEvent(entry, params, clear) {
  if (entry.status !== 'success') {
    return { event: 'dtmf.failed', callId: entry.callId, auditEntry: entry };
  }
  const payload = {
    dtmf: clear ? upper(params.dtmfString) : MASK,
    dtmfType: params.dtmfType,
    interDigitPause: params.interDigitPause,
  };
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
  return { success: true, data: parsed(record.accepted.body), audit };
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

module.exports = { auditEntry, finalEvent, result, error };
