'use strict';

/**
 * Where log lines go. Whatever the program gives is called in the shape it knows, and a logger that
 * throws changes nothing.
 */

const { invalid } = require('./errors.js');
const { guarded } = require('./guarded.js');
const { JSONStringify } = require('./primordials.js');

/** @typedef {(message: string, fields: object) => unknown} Write */
/** @typedef {{ source: object, enabled: boolean, info: Write, warn: Write, error: Write, debug: Write | undefined }} Log `debug` only where it is wanted; `source` is what the program gave */

/**
 * The tutorial's lines: JSON on standard output, as winston writes them.
 * @param {string} level
 * @returns {Write}
 */
function jsonLine(level) {
  return (message, fields) => {
    const line = { level, message, ...fields, timestamp: new Date().toISOString() };
    process.stdout.write(`${JSONStringify(line)}\n`);
  };
}

/** @type {Log} */
const silence = { source: {}, enabled: false, info() {}, warn() {}, error() {}, debug: undefined };

/**
 * The outcome of an injection must not depend on its log line: a logger may throw or reject.
 * @param {Write} write
 * @returns {Write}
 */
function safe(write) {
  return (message, fields) =>
    guarded(
      () => write(message, fields),
      () => {},
    );
}

/** @typedef {import('../index.js').Logger} Logger */

/**
 * Whether a logger takes debug lines: it has the method, and says nothing against the level. `console` has no
 * levels, and would print them all.
 * @param {Logger} logger
 */
function wantsDebug(logger) {
  if (typeof logger.debug !== 'function' || logger === console) return false;
  return typeof logger.isLevelEnabled !== 'function' || logger.isLevelEnabled('debug') === true;
}

/**
 * @param {Logger} logger
 * @param {'info' | 'warn' | 'error' | 'debug'} level
 * @returns {Write}
 */
function adapt(logger, level) {
  // pino takes the object first, and is the only one of its kind with `bindings()`.
  const objectFirst = typeof logger.bindings === 'function';
  return safe((message, fields) =>
    objectFirst ? logger[level]?.(fields, message) : logger[level]?.(message, fields),
  );
}

/** @type {Log} */
const standardOutput = {
  source: {},
  enabled: true,
  info: safe(jsonLine('info')),
  warn: safe(jsonLine('warn')),
  error: safe(jsonLine('error')),
  debug: undefined,
};

/**
 * @param {unknown} given the option: an object with `info`, `warn` and `error`, `false`, or absent
 * @returns {Log | undefined} `undefined` when absent
 */
function createLog(given) {
  if (given === undefined) return undefined;
  if (given === false) return silence;
  const logger = /** @type {Logger | null} */ (given);
  const levels = /** @type {const} */ (['info', 'warn', 'error']);
  if (!logger || !levels.every((level) => typeof logger[level] === 'function')) {
    throw invalid('logger must have the methods info, warn and error, or be false');
  }
  return {
    source: logger,
    enabled: true,
    info: adapt(logger, 'info'),
    warn: adapt(logger, 'warn'),
    error: adapt(logger, 'error'),
    debug: wantsDebug(logger) ? adapt(logger, 'debug') : undefined,
  };
}

module.exports = { createLog, standardOutput };
