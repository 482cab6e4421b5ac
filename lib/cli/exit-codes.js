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
 * An unknown outcome is 8 whatever its code: a script must be able to tell it from everything that is safe to
 * repeat.
 * @param {{ code: string, delivery: string }} error
 */
function exitCodeOf({ code, delivery }) {
  if (delivery === 'unknown') return EXIT.UNKNOWN;
  // Read when it is needed: the command line also has to end well where the addon is missing.
  const { errors } = require('../tables.js').tables();
  return errors.find((row) => row.code === code)?.exit ?? EXIT.INTERNAL;
}

module.exports = { EXIT, exitCodeOf };
