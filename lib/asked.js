'use strict';

/**
 * What a program asks for with one injection, read once: what it does to its objects afterwards changes nothing.
 */

const { isUint8Array } = require('node:util/types');
const diagnostics = require('./diagnostics.js');
const { invalid, isDtmfError } = require('./errors.js');
const { lockNumber } = require('./channel-lock.js');
const { toOptionalJson, checkSignal } = require('./options.js');
const { own, paramOf } = require('./own.js');
const { word } = require('./packed.js');
const { INJECTION_OPTIONS } = require('./payload.js');
const { ObjectHasOwn, ObjectKeys } = require('./primordials.js');

/** The options of an injection that do not cross as they are. */
const KEPT = ['signal', 'lock', 'traceparent', 'correlationId'];

/**
 * The params of a wire profile.
 * @typedef {object} Api
 * @property {string} name
 * @property {readonly string[]} params their names, in the order in which they cross
 * @property {boolean} strict whether there may be no others
 */

/** All of it is read whatever is wrong with one value: the entry names the call wherever that is valid. */
class Asked {
  /** The values that cross (`crates/engine/src/api/params/packed.rs`). */
  words = '';
  /** Digits that are bytes. @type {Uint8Array | undefined} */
  bytes;
  /** @type {number | undefined} */
  lock;
  /** @type {AbortSignal | undefined} */
  signal;
  /** The other options. @type {string | null} */
  options = null;
  /** What was found wrong first. @type {string | undefined} */
  problem;
  /** What tracers are told. @type {diagnostics.Injection | undefined} */
  message;

  /**
   * @param {unknown} params
   * @param {unknown} options
   * @param {Api} api
   */
  constructor(params, options, api) {
    const words = this.#params(params, api);
    this.words = this.#trace(options) + words;
    try {
      this.lock = lockNumber(own(options, 'lock'));
      this.signal = checkSignal(own(options, 'signal'));
      this.options = toOptionalJson(options, KEPT);
    } catch (error) {
      this.wrong(error);
    }
  }

  /**
   * What a getter of the program threw may hold anything, so it is not repeated.
   * @param {unknown} error
   */
  wrong(error) {
    this.problem ??= isDtmfError(error)
      ? error.message
      : 'params or options cannot be read: a property threw';
  }

  /** Wipes digits that are bytes. */
  wipe() {
    if (!this.bytes) return;
    try {
      // Not the method of the object: a program may have put its own there.
      Uint8Array.prototype.fill.call(this.bytes, 0);
    } catch {
      // The program gave their buffer away: nothing of them is here.
    }
  }

  /**
   * @param {unknown} params
   * @param {Api} api
   */
  #params(params, { name: api, params: names, strict }) {
    if (typeof params !== 'object' || params === null) {
      this.wrong(invalid('params must be an object'));
      return '';
    }
    let words = '';
    for (let n = 0; n < names.length; n += 1) {
      const value = this.#read(paramOf, params, names[n]);
      if (names[n] === 'dtmfString' && isUint8Array(value)) {
        this.bytes = value;
        words += '-';
      } else {
        words += word(value);
      }
    }
    try {
      refuseOptions(params);
      if (strict) refuseUnknown(params, api, names);
    } catch (error) {
      this.wrong(error);
    }
    return words;
  }

  /**
   * What the request carries for tracers and for the program itself.
   * @param {unknown} options
   */
  #trace(options) {
    const given = {
      traceparent: this.#read(own, options, 'traceparent'),
      correlationId: this.#read(own, options, 'correlationId'),
    };
    this.message = diagnostics.begin(given);
    const { traceparent, correlationId } = this.message ? diagnostics.observed(this.message, given) : given;
    return word(correlationId) + word(traceparent);
  }

  /**
   * @template T
   * @param {(object: T, name: string) => unknown} get
   * @param {T} object
   * @param {string} name
   */
  #read(get, object, name) {
    try {
      return get(object, name);
    } catch (error) {
      this.wrong(error);
      return undefined;
    }
  }
}

/**
 * An option among the params would be ignored, and the program would rely on it.
 * @param {object} params
 */
function refuseOptions(params) {
  for (let n = 0; n < INJECTION_OPTIONS.length; n += 1) {
    const name = INJECTION_OPTIONS[n];
    if (ObjectHasOwn(params, name) && own(params, name) !== undefined) {
      throw invalid(`params.${name} is an option: it belongs to the second argument, options`);
    }
  }
}

/**
 * @param {object} params
 * @param {string} api
 * @param {readonly string[]} names
 */
function refuseUnknown(params, api, names) {
  const unknown = ObjectKeys(params).find((key) => !names.includes(key));
  if (unknown === undefined) return;
  throw invalid(`params.${unknown} is not known to api '${api}': it takes ${names.join(', ')}`);
}

module.exports = { Asked };
