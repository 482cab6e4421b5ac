'use strict';

/**
 * Where log lines go. Whatever the program gives is called in the shape it knows, and a logger that
 * throws changes nothing.
 */

const { invalid } = require('./errors.js');

/** @typedef {(message: string, fields: object) => unknown} Write */
/** @typedef {{ enabled: boolean, info: Write, warn: Write, error: Write, debug?: Write }} Log `debug` only where it is wanted */

/**
 * The tutorial's lines: JSON on standard output, as winston writes them.
 * @param {string} level
 * @returns {Write}
 */
function jsonLine(level) {
  return (message, fields) => {
    const line = { level, message, ...fields, timestamp: new Date().toISOString() };
    process.stdout.write(`${JSON.stringify(line)}\n`);
  };
}

/** @type {Log} */
const silence = { enabled: false, info() {}, warn() {}, error() {} };

/**
 * The outcome of an injection must not depend on its log line: a logger may throw or reject.
 * @param {Write} write
 * @returns {Write}
 */
function guarded(write) {
  return (message, fields) => {
    try {
      const written = /** @type {any} */ (write(message, fields));
      if (typeof written?.then === 'function') written.then(undefined, () => {});
    } catch {
      // Said above.
    }
  };
}

/**
 * Whether a logger takes debug lines: it has the method, and says nothing against the level. `console` has no
 * levels, and would print them all.
 * @param {any} logger
 */
function wantsDebug(logger) {
  if (typeof logger.debug !== 'function' || logger === console) return false;
  return typeof logger.isLevelEnabled !== 'function' || logger.isLevelEnabled('debug') === true;
}

/**
 * @param {any} logger
 * @param {'info' | 'warn' | 'error' | 'debug'} level
 * @returns {Write}
 */
function adapt(logger, level) {
  // pino takes the object first, and is the only one of its kind with `bindings()`.
  const objectFirst = typeof logger.bindings === 'function';
  return guarded((message, fields) =>
    objectFirst ? logger[level](fields, message) : logger[level](message, fields),
  );
}

/** @type {Log} */
const standardOutput = {
  enabled: true,
  info: guarded(jsonLine('info')),
  warn: guarded(jsonLine('warn')),
  error: guarded(jsonLine('error')),
};

/**
 * @param {any} logger the option as given: an object with `info`, `warn` and `error`, `false`, or absent
 * @returns {Log | undefined} `undefined` when absent
 */
function createLog(logger) {
  if (logger === undefined) return undefined;
  if (logger === false) return silence;
  const complete = ['info', 'warn', 'error'].every((level) => typeof logger?.[level] === 'function');
  if (!complete) {
    throw invalid('logger must have the methods info, warn and error, or be false');
  }
  return {
    enabled: true,
    info: adapt(logger, 'info'),
    warn: adapt(logger, 'warn'),
    error: adapt(logger, 'error'),
    ...(wantsDebug(logger) && { debug: adapt(logger, 'debug') }),
  };
}

module.exports = { createLog, standardOutput };
