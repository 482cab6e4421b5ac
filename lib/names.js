'use strict';

/**
 * The names of what crosses from the engine without names. Written by `node scripts/docs.js` from the tables of
 * `src/record.rs` and `src/outcome_fields.rs`, as literals: `docs/performance.md` has what they save.
 */

/** @typedef {import('./types.js').Fields} Fields */

/**
 * The fields of a record, by its kind. `any`: which ones a kind has is the engine's to say.
 * @type {Record<string, (record: Fields) => any>}
 */
const RECORDS = {
  finished: (record) => ({
    id: record[1],
    entry: record[2],
    unmasking: record[3],
    error: record[4],
    answer: record[5],
  }),
  retrying: (record) => ({
    id: record[1],
    injectionId: record[2],
    callId: record[3],
    attempt: record[4],
    maxAttempts: record[5],
    delayMs: record[6],
    reason: record[7],
  }),
  settled: (record) => ({
    id: record[1],
    value: record[2],
    error: record[3],
    answer: record[4],
  }),
  lockExpired: (record) => ({
    injector: record[1],
    lock: record[2],
    callId: record[3],
    limitMs: record[4],
  }),
  withoutLease: (record) => ({
    injector: record[1],
    awayMs: record[2],
  }),
  leasesAgain: (record) => ({
    injector: record[1],
    afterMs: record[2],
  }),
  unmasked: (record) => ({
    id: record[1],
    injectionId: record[2],
    callId: record[3],
    error: record[4],
    answer: record[5],
  }),
  sessionEvent: (record) => ({
    injector: record[1],
    id: record[2],
    sessionId: record[3],
    kind: record[4],
    contactId: record[5],
    status: record[6],
    timestamp: record[7],
    event: record[8],
    clear: record[9],
  }),
  sessionEnded: (record) => ({
    injector: record[1],
    id: record[2],
    sessionId: record[3],
  }),
  sessionNotHeard: (record) => ({
    injector: record[1],
    id: record[2],
    sessionId: record[3],
    error: record[4],
    answer: record[5],
  }),
  auditNotice: (record) => ({
    injector: record[1],
    notice: record[2],
    text: record[3],
  }),
  logged: (record) => ({
    injector: record[1],
    message: record[2],
    fields: record[3],
    id: record[4],
  }),
  tokenRefreshed: (record) => ({
    client: record[1],
  }),
  tokenRefreshFailed: (record) => ({
    client: record[1],
    error: record[2],
    answer: record[3],
  }),
  tokenWanted: (record) => ({
    injector: record[1],
    request: record[2],
  }),
  tokenNotWanted: (record) => ({
    injector: record[1],
    request: record[2],
  }),
  secretWanted: (record) => ({
    client: record[1],
    request: record[2],
    option: record[3],
  }),
  secretNotWanted: (record) => ({
    client: record[1],
    request: record[2],
  }),
  causeForgotten: (record) => ({
    cause: record[1],
  }),
  tokenRefused: (record) => ({
    injector: record[1],
  }),
};

/**
 * The entry of an injection that ended. `any`: `index.d.ts` has its type.
 * @param {Fields} values
 */
function entry(values) {
  /** @type {any} */
  const fields = {
    timestamp: values[0],
    injectionId: values[1],
    callId: values[2],
    dtmfString: values[3],
    dtmfType: values[4],
    interDigitPause: values[5],
    validation: values[6],
    status: values[7],
    latencyMs: values[8],
    queuedMs: values[9],
    attemptMs: values[10],
    attempts: values[11],
    recognitionRate: values[12],
    recognitionSource: values[13],
    delivery: values[14],
  };
  const present = values[values.length - 1];
  if (present === 0) return fields;
  let next = 15;
  if (present & 1) fields.correlationId = values[next++];
  if (present & 2) fields.toneDuration = values[next++];
  if (present & 4) fields.contactId = values[next++];
  if (present & 8) fields.maskRecording = values[next++];
  if (present & 16) fields.fence = values[next++];
  if (present & 32) fields.logged = values[next++];
  if (present & 64) fields.playoutMs = values[next++];
  if (present & 128) fields.digitsAccepted = values[next++];
  if (present & 256) fields.repeatOf = values[next++];
  if (present & 512) fields.errorCode = values[next++];
  if (present & 1024) fields.code = values[next++];
  if (present & 2048) fields.errorMessage = values[next++];
  if (present & 4096) fields.bodyError = values[next++];
  return fields;
}

module.exports = { RECORDS, entry };
