'use strict';

/**
 * How an object of this package is found behind a `Proxy` or an heir by prototype: private fields do not go through
 * either, properties do. The symbol is known to this file alone, so that nothing else can be taken for one of ours.
 */

const { hide } = require('./own.js');

const SELF = Symbol('self');

/** @param {object} object */
function known(object) {
  hide(object, SELF, object);
}

/**
 * @param {unknown} value
 * @returns {unknown} the object that it stands for, or nothing
 */
function selfOf(value) {
  try {
    return typeof value === 'object' && value !== null
      ? /** @type {Record<PropertyKey, unknown>} */ (value)[SELF]
      : undefined;
  } catch {
    // A trap of the Proxy threw.
    return undefined;
  }
}

module.exports = { known, selfOf };
