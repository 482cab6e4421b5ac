'use strict';

const { ObjectDefineProperty, ObjectFreeze, ObjectHasOwn, ObjectPrototype } = require('./primordials.js');

/**
 * A property that the object has itself: one that stands on the prototype of all objects must not switch a guarantee
 * off.
 * @param {unknown} object
 * @param {string} name
 * @returns {unknown}
 */
function own(object, name) {
  if (object === undefined || object === null || !ObjectHasOwn(object, name)) return undefined;
  return /** @type {Record<string, unknown>} */ (object)[name];
}

/**
 * A value of params: the object's own or its class's, whose getters count. What stands on the prototype of all objects
 * was not given by the program.
 * @param {object} params
 * @param {string} name
 * @returns {unknown}
 */
function paramOf(params, name) {
  if (!ObjectHasOwn(params, name) && ObjectHasOwn(ObjectPrototype, name)) return undefined;
  return /** @type {Record<string, unknown>} */ (params)[name];
}

/**
 * Gives an object a property that no log and no copy shows.
 * @param {object} object
 * @param {PropertyKey} name
 * @param {unknown} value
 */
function hide(object, name, value) {
  ObjectDefineProperty(object, name, descriptor(value, false));
}

/**
 * @param {unknown} value
 * @param {boolean} enumerable
 * @returns {PropertyDescriptor}
 */
function descriptor(value, enumerable) {
  const fields = { __proto__: null, value, enumerable, configurable: true, writable: true };
  return /** @type {PropertyDescriptor} */ (fields);
}

/**
 * Without recursion: what a platform answers may be nested deeper than there is stack.
 * @template {object} T
 * @param {T} value
 * @returns {T}
 */
function deepFreeze(value) {
  /** @type {object[]} */
  const left = [value];
  for (let n = 0; n < left.length; n += 1) {
    const object = left[n];
    // Once per injection: a third of the time that Object.values() takes.
    for (const name in object) {
      const field = own(object, name);
      if (typeof field === 'object' && field !== null) left[left.length] = field;
    }
    ObjectFreeze(object);
  }
  return value;
}

module.exports = { deepFreeze, own, paramOf, hide, descriptor };
