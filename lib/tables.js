'use strict';

/**
 * The engine's tables of options, error codes, metrics and fields: what `docs/`, the command line and the tests
 * tell of them comes from here.
 */

/**
 * @typedef {object} Option
 * @property {string} section what takes it: `injector`, `auth`, `injection`, `lock`, `close`
 * @property {string} name
 * @property {string} path its name, after those of the objects that it is in
 * @property {string} type `object` for one with options of its own, which are rows beside it
 * @property {unknown} default null for none
 * @property {string} [defaultDoc] the default in words, where it is no single value
 * @property {number | null} [min]
 * @property {number | null} [max]
 * @property {string[] | null} [choices]
 * @property {string | null} [unit]
 * @property {string | null} profile the only value of `api` that has it
 * @property {{ option: string, values: string[] }} [onlyWith] the option that must have one of these values
 * @property {boolean} required
 * @property {string} doc
 * @property {boolean} secret
 */
/**
 * @typedef {object} ErrorCode
 * @property {string} code
 * @property {string} when
 * @property {string[]} deliveries
 * @property {string} advice
 * @property {number} exit of the command line
 */
/**
 * @typedef {object} Metric
 * @property {string} name
 * @property {string} help
 * @property {string} unit
 * @property {string} kind
 * @property {string[]} labels
 * @property {string} json the field of the snapshot
 */
/**
 * @typedef {object} Field
 * @property {string} name
 * @property {string | null} json its name in an entry; null for what an entry does not show
 * @property {string | null} shown when an entry shows it
 * @property {string} doc
 */
/**
 * @typedef {object} Tables
 * @property {readonly Option[]} options
 * @property {readonly ErrorCode[]} errors
 * @property {readonly Metric[]} metrics
 * @property {readonly Field[]} outcome
 * @property {readonly Field[]} audit
 */

/** @type {Tables | undefined} */
let read;

/** @returns {Tables} frozen */
function tables() {
  return (read ??= frozen(JSON.parse(require('./native.js').tables())));
}

/**
 * @template T
 * @param {T} value
 * @returns {T}
 */
function frozen(value) {
  if (typeof value !== 'object' || value === null) return value;
  for (const part of Object.values(value)) frozen(part);
  return Object.freeze(value);
}

/**
 * The default of an option, as the pages and the typings say it.
 * @param {Option} option
 */
function defaultOf({ required, default: value, defaultDoc }) {
  if (required) return 'required';
  if (defaultDoc) return defaultDoc;
  if (value === null || value === undefined) return 'none';
  const shown = (/** @type {unknown} */ one) => (typeof one === 'string' ? `'${one}'` : String(one));
  return Array.isArray(value) ? `[${value.map(shown).join(', ')}]` : shown(value);
}

/**
 * The limits of an option, as the pages and the typings say them; empty without.
 * @param {Option} option
 */
function limitsOf({ min, max }) {
  return typeof min === 'number' && typeof max === 'number' ? `${min} to ${max}` : '';
}

module.exports = { tables, defaultOf, limitsOf };
