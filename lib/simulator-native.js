'use strict';

/**
 * Runs a native method and makes its errors of this realm: a broken rule is a TypeError, whose
 * message names the field; the rest keep their system code.
 * @template T
 * @param {() => T} method
 * @returns {T}
 */
function native(method) {
  try {
    return method();
  } catch (error) {
    const { code, message } = /** @type {Error & { code?: string }} */ (error);
    if (code === 'InvalidArg') throw new TypeError(message);
    const name = /^(E[A-Z]+): /.exec(message);
    throw Object.assign(new Error(message), { code: name ? name[1] : code });
  }
}

module.exports = { native };
