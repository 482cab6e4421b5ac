'use strict';

/**
 * What the process ends with. Stable: scripts branch on these numbers, and docs/cli.md lists them.
 */

const EXIT = Object.freeze({
  OK: 0,
  INTERNAL: 1,
  USAGE: 2,
  INVALID: 3,
  AUTH: 4,
  REJECTED: 5,
  RATE_LIMITED: 6,
  TIMED_OUT: 7,
  UNKNOWN: 8,
});

/**
 * Every code of a `DtmfError`, those of features that this version does not have included: a script that was
 * written for a number keeps working when they arrive.
 * @type {Readonly<Record<string, number>>}
 */
const BY_CODE = Object.freeze({
  ERR_DTMF_INVALID: EXIT.INVALID,
  ERR_DTMF_AUTH: EXIT.AUTH,
  ERR_DTMF_SCOPE: EXIT.AUTH,
  ERR_DTMF_FORBIDDEN: EXIT.AUTH,
  ERR_DTMF_CONFLICT: EXIT.REJECTED,
  ERR_DTMF_REJECTED: EXIT.REJECTED,
  ERR_DTMF_SERVER: EXIT.REJECTED,
  ERR_DTMF_MASK: EXIT.REJECTED,
  ERR_DTMF_CALL_ENDED: EXIT.REJECTED,
  ERR_DTMF_RATE_LIMITED: EXIT.RATE_LIMITED,
  ERR_DTMF_QUEUE_FULL: EXIT.TIMED_OUT,
  ERR_DTMF_LOCK_TIMEOUT: EXIT.TIMED_OUT,
  ERR_DTMF_AFTER_UNKNOWN: EXIT.TIMED_OUT,
  ERR_DTMF_DEADLINE: EXIT.TIMED_OUT,
  ERR_DTMF_CONNECT: EXIT.TIMED_OUT,
  ERR_DTMF_LOCK_LOST: EXIT.TIMED_OUT,
  ERR_DTMF_STORE: EXIT.TIMED_OUT,
  ERR_DTMF_OUTCOME_UNKNOWN: EXIT.UNKNOWN,
  ERR_DTMF_LOCK: EXIT.INTERNAL,
  ERR_DTMF_CLOSED: EXIT.INTERNAL,
  ERR_DTMF_AUDIT: EXIT.INTERNAL,
  ABORT_ERR: EXIT.INTERNAL,
});

/**
 * An unknown outcome is 8 whatever its code: a script must be able to tell it from everything that is safe to
 * repeat.
 * @param {{ code: string, delivery: string }} error
 */
function exitCodeOf(error) {
  if (error.delivery === 'unknown') return EXIT.UNKNOWN;
  return Object.hasOwn(BY_CODE, error.code) ? BY_CODE[error.code] : EXIT.INTERNAL;
}

module.exports = { EXIT, BY_CODE, exitCodeOf };
