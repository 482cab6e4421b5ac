'use strict';

const { keptUnder } = require('./causes.js');
const { descriptor } = require('./own.js');
const { ObjectDefineProperty } = require('./primordials.js');

/**
 * A failure of the engine, whose fields have no names on their way here.
 * @param {import('./types.js').Fields} fields those of `Failure` in `src/failure.rs`, in the same order
 * @param {import('./types.js').Fields | null | undefined} answer those of `Answered` there
 * @returns {import('./types.js').Failure}
 */
function failureOf(fields, answer) {
  // Every field is the object's own, so that none is looked for on `Object.prototype`.
  return {
    code: fields[0],
    delivery: fields[1],
    safeToResend: fields[2],
    retryable: fields[3],
    message: fields[4],
    retryAfterMs: fields[5] ?? undefined,
    digitsAccepted: fields[6] ?? undefined,
    repeatOf: fields[7] ?? undefined,
    thrown: keptUnder(fields[8] ?? undefined) ?? named(fields[9], fields[4]),
    response: answer
      ? {
          status: answer[0],
          headers: answer[1],
          data: answer[2],
          reason: answer[3] ?? undefined,
          traceId: answer[4] ?? undefined,
        }
      : undefined,
  };
}

/**
 * The cause of what the network said, under the name that Node.js has for it.
 * @param {string | null | undefined} code
 * @param {string} message
 */
function named(code, message) {
  if (code === null || code === undefined) return undefined;
  const cause = new Error(message);
  ObjectDefineProperty(cause, 'code', descriptor(code, true));
  return { cause };
}

module.exports = { failureOf };
