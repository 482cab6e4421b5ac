'use strict';

/**
 * A failure of the engine, whose fields have no names on their way here.
 * @param {any[] | null | undefined} fields those of `Failure` in `src/failure.rs`, in the same order
 * @param {any[] | null | undefined} answer those of `Answered` there
 * @returns {any} a `Failure`, or `undefined` where there is none
 */
function failureOf(fields, answer) {
  if (!fields) return undefined;
  // Every field is the object's own, so that none is looked for on `Object.prototype`.
  return {
    code: fields[0],
    delivery: fields[1],
    safeToResend: fields[2],
    retryable: fields[3],
    message: fields[4],
    retryAfterMs: fields[5] ?? undefined,
    digitsAccepted: fields[6] ?? undefined,
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

module.exports = { failureOf };
