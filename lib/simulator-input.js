'use strict';

/**
 * What programs give a simulator: checked, and written down for its thread. Broken rules are a `TypeError` that names the field.
 */

/**
 * Refuses what JSON would silently change: NaN becomes null there, and functions disappear.
 * @param {unknown} value
 * @param {string} field
 * @param {object[]} parents
 */
function checkPlain(value, field, parents) {
  switch (typeof value) {
    case 'undefined':
    case 'string':
    case 'boolean':
      return;
    case 'number':
      if (!Number.isFinite(value)) throw new TypeError(`${field} must be a finite number`);
      return;
    case 'object': {
      if (value === null) return;
      if (parents.includes(value)) throw new TypeError(`${field} must not contain itself`);
      const inside = [...parents, value];
      for (const [key, item] of Object.entries(value)) {
        checkPlain(item, Array.isArray(value) ? `${field}[${key}]` : `${field}.${key}`, inside);
      }
      return;
    }
    default:
      throw new TypeError(`${field} must be plain data`);
  }
}

/**
 * @param {unknown} value
 * @param {string} field
 * @returns {string}
 */
function encode(value, field) {
  checkPlain(value, field, []);
  return JSON.stringify(value);
}

/**
 * @param {unknown} value
 * @param {string} field
 * @returns {asserts value is string}
 */
function checkText(value, field) {
  if (typeof value !== 'string' || value === '') {
    throw new TypeError(`${field} must be a non-empty string`);
  }
}

/**
 * Checks an options object of strings, all of them optional.
 * @param {unknown} options
 * @param {string[]} known
 * @returns {Record<string, string | undefined>}
 */
function textOptions(options, known) {
  if (options === undefined) return {};
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw new TypeError('options must be an object');
  }
  for (const [key, value] of Object.entries(options)) {
    if (!known.includes(key)) throw new TypeError(`options.${key} is not a known option`);
    if (value !== undefined) checkText(value, `options.${key}`);
  }
  return /** @type {Record<string, string | undefined>} */ (options);
}

/** @param {unknown} steps */
function encodeSteps(steps) {
  if (!Array.isArray(steps)) throw new TypeError('steps must be an array');
  return encode(steps, 'steps');
}

module.exports = { encode, encodeSteps, checkText, textOptions };
