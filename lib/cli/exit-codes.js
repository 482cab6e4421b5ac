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
 * Of every code of a `DtmfError`, from the engine's table. Read when it is needed: the command line also has to end well
 * where the addon is missing.
 * @returns {Readonly<Record<string, number>>}
 */
function byCode() {
  /** @type {{ code: string, exit: number }[]} */
  const { errors } = JSON.parse(require('../native.js').tables());
  return Object.fromEntries(errors.map(({ code, exit }) => [code, exit]));
}

/**
 * An unknown outcome is 8 whatever its code: a script must be able to tell it from everything that is safe to
 * repeat.
 * @param {{ code: string, delivery: string }} error
 */
function exitCodeOf(error) {
  if (error.delivery === 'unknown') return EXIT.UNKNOWN;
  const numbers = byCode();
  return Object.hasOwn(numbers, error.code) ? numbers[error.code] : EXIT.INTERNAL;
}

module.exports = {
  EXIT,
  get BY_CODE() {
    return byCode();
  },
  exitCodeOf,
};
