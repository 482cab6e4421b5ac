'use strict';

/**
 * Errors of the caller's realm. Native code hands over plain failures; here they become `DtmfError`s,
 * inside the `async` function that the caller awaits, so that the stack names the caller's line.
 */

/** @typedef {import('./types.js').Failure} Failure */

const { conceal, printable, toJson } = require('./concealed-cause.js');
const { descriptor, own, hide } = require('./own.js');
const { ObjectDefineProperty, ObjectHasOwn } = require('./primordials.js');

const BRAND = Symbol.for('cxone-dtmf.DtmfError');

/** Where the documentation of an error code is, relative to the package. @param {string} code */
const pageOf = (code) => `docs/errors.md#${code.toLowerCase()}`;

class DtmfError extends Error {
  /**
   * @param {Failure} failure
   * @param {{ attempts?: number, audit?: object, cause?: unknown }} [details]
   */
  constructor(failure, details) {
    const { code, delivery, safeToResend, retryable, message } = failure;
    super(message);
    hide(this, 'name', code === 'ABORT_ERR' ? 'AbortError' : 'DtmfError');
    this.code = code;
    this.delivery = delivery;
    this.safeToResend = safeToResend;
    this.retryable = retryable;
    this.attempts = own(details, 'attempts') ?? 0;
    for (const name of ['retryAfterMs', 'digitsAccepted', 'repeatOf']) {
      const value = own(failure, name);
      if (value !== undefined) ObjectDefineProperty(this, name, descriptor(value, true));
    }
    const response = own(failure, 'response');
    if (response !== undefined) {
      const { status, headers, data } = /** @type {import('./types.js').Answer} */ (response);
      const [reason, traceId] = [own(response, 'reason'), own(response, 'traceId')];
      this.response = {
        status,
        headers,
        data,
        ...(reason !== undefined && { reason }),
        ...(traceId !== undefined && { traceId }),
      };
    }
    const audit = own(details, 'audit');
    if (audit !== undefined) this.audit = audit;
    // Last, since it prints the stack, which begins with the name.
    if (details && ObjectHasOwn(details, 'cause')) conceal(this, details.cause);
  }

  /** Where the documentation of its code is, relative to the package. No field: logs need not repeat it. */
  get docs() {
    return pageOf(this.code);
  }

  toJSON() {
    return toJson(this);
  }
}
hide(DtmfError.prototype, BRAND, true);
hide(
  DtmfError.prototype,
  Symbol.for('nodejs.util.inspect.custom'),
  /**
   * @this {DtmfError}
   * @param {number} depth
   * @param {import('node:util').InspectOptions} options
   * @param {typeof import('node:util').inspect} inspect
   */
  function (depth, options, inspect) {
    return inspect(printable(this), { ...options, depth, customInspect: false });
  },
);

/**
 * By symbol, since several copies of the package may be loaded, as in Jest.
 * @param {unknown} value
 * @returns {value is DtmfError}
 */
function isDtmfError(value) {
  try {
    return typeof value === 'object' && value !== null && BRAND in value && value[BRAND] === true;
  } catch {
    // A Proxy may throw at every touch; it is none of ours.
    return false;
  }
}

/**
 * An operation that sent nothing.
 * @param {string} code
 * @param {string} message
 * @returns {Failure}
 */
function notSent(code, message) {
  return { code, delivery: 'not-sent', safeToResend: true, retryable: false, message };
}

/**
 * The error of a failed operation that a signal can end.
 * @param {Failure} failure
 * @param {AbortSignal | undefined} signal
 * @param {{ attempts: number, audit?: object }} [details] of an injection
 */
function failed(failure, signal, details) {
  const cause = failure.code === 'ABORT_ERR' ? { cause: reasonOf(signal) } : failure.thrown;
  return new DtmfError(failure, { ...details, ...cause });
}

/**
 * @param {AbortSignal | undefined} signal
 * @returns {unknown}
 */
function reasonOf(signal) {
  try {
    return signal?.reason;
  } catch {
    return undefined;
  }
}

/** @param {string} message */
function invalid(message) {
  return new DtmfError(notSent('ERR_DTMF_INVALID', message));
}

module.exports = { pageOf, DtmfError, isDtmfError, failed, reasonOf, notSent, invalid };
