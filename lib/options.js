'use strict';

/**
 * Option objects on their way to the engine, which knows the rules. Only own properties count, so that a
 * polluted prototype cannot switch a guarantee off.
 */

const { DtmfError, invalid, isDtmfError } = require('./errors.js');
const { failureOf } = require('./failure.js');
const { deepFreeze } = require('./own.js');
const {
  ArrayIsArray,
  JSONParse,
  JSONStringify,
  ObjectEntries,
  ObjectFromEntries,
} = require('./primordials.js');

/**
 * JSON text of an options object without the keys that stay on this side. What JSON cannot say becomes
 * null, which the engine refuses by the name of its field.
 * @param {string} what names the object in errors
 * @param {unknown} object
 * @param {readonly string[]} kept
 */
function toJson(what, object, kept) {
  if (typeof object !== 'object' || object === null || ArrayIsArray(object)) {
    throw invalid(`${what} must be an object`);
  }
  try {
    const crossing = ObjectEntries(object).filter(([key]) => !kept.includes(key));
    return JSONStringify(ObjectFromEntries(crossing), (_, value) =>
      ['function', 'symbol', 'bigint'].includes(typeof value) ? null : value,
    );
  } catch {
    throw invalid(`${what} must hold plain values`);
  }
}

/**
 * The same for options that may be absent; `null` where there is nothing to say.
 * @param {unknown} object
 * @param {readonly string[]} kept
 */
function toOptionalJson(object, kept) {
  if (object === undefined) return null;
  const json = toJson('options', object, kept);
  return json === '{}' ? null : json;
}

/**
 * Throws what a native check found.
 * @param {string | null} found
 */
function throwIfWrong(found) {
  if (found) throw errorOf(found);
}

/** @param {string} found the JSON text of a failure */
function errorOf(found) {
  const failure = JSONParse(found);
  return new DtmfError(failureOf(failure[0], failure[1]));
}

/**
 * What a native function made; throws what it found wrong instead.
 * @template T
 * @param {T | string} made
 * @returns {T}
 */
function madeOrThrow(made) {
  if (typeof made === 'string') throw errorOf(made);
  return made;
}

/**
 * Runs what reads the program's objects: what one of their getters threw may hold anything, so it is not repeated.
 * @template T
 * @param {() => T} read
 * @returns {T}
 */
function reading(read) {
  try {
    return read();
  } catch (error) {
    if (isDtmfError(error)) throw error;
    throw invalid('options cannot be read: a property threw');
  }
}

/**
 * Reads a JSON text when it is wanted, and freezes what it says.
 * @param {() => string} text
 * @returns {() => object}
 */
function readLater(text) {
  /** @type {object | undefined} */
  let read;
  return () => (read ??= deepFreeze(JSONParse(text())));
}

/** @param {unknown} value */
function textOrNull(value) {
  return typeof value === 'string' ? value : null;
}

/** @param {unknown} value */
function numberOrNaN(value) {
  return typeof value === 'number' ? value : NaN;
}

/**
 * Whatever has the methods of an `AbortSignal` is one: it may come from another realm, or from a library.
 * @param {unknown} value
 * @returns {AbortSignal | undefined}
 */
function checkSignal(value) {
  if (value === undefined) return undefined;
  const signal = /** @type {AbortSignal | null} */ (value);
  const listens =
    typeof signal?.addEventListener === 'function' && typeof signal.removeEventListener === 'function';
  if (!listens || typeof signal.aborted !== 'boolean') {
    throw invalid('signal must be an AbortSignal');
  }
  return signal;
}

module.exports = {
  toJson,
  toOptionalJson,
  throwIfWrong,
  madeOrThrow,
  reading,
  readLater,
  textOrNull,
  numberOrNaN,
  checkSignal,
};
