'use strict';

/**
 * Errors of the caller's realm. Native code hands over plain failures; here they become `DtmfError`s,
 * inside the `async` function that the caller awaits, so that the stack names the caller's line.
 */

/**
 * A failure as the engine describes it (`src/failure.rs`).
 * @typedef {object} Failure
 * @property {string} code
 * @property {'not-sent' | 'refused' | 'unknown'} delivery
 * @property {boolean} safeToResend
 * @property {boolean} retryable
 * @property {string} message
 * @property {number} [retryAfterMs]
 * @property {number} [digitsAccepted]
 * @property {{ status: number, headers: Record<string, string>, data: unknown, reason?: string, traceId?: string }} [response]
 */

const BRAND = Symbol.for('cxone-dtmf.DtmfError');

class DtmfError extends Error {
  /**
   * @param {Failure} failure
   * @param {{ attempts?: number, audit?: object, cause?: unknown }} [details]
   */
  constructor(failure, details = {}) {
    super(failure.message, 'cause' in details ? { cause: details.cause } : undefined);
    const aborted = failure.code === 'ABORT_ERR';
    Object.defineProperty(this, 'name', {
      value: aborted ? 'AbortError' : 'DtmfError',
      configurable: true,
      writable: true,
    });
    this.code = failure.code;
    this.delivery = failure.delivery;
    this.safeToResend = failure.safeToResend;
    this.retryable = failure.retryable;
    this.attempts = details.attempts ?? 0;
    if (failure.retryAfterMs !== undefined) this.retryAfterMs = failure.retryAfterMs;
    if (failure.digitsAccepted !== undefined) this.digitsAccepted = failure.digitsAccepted;
    if (failure.response !== undefined) {
      const { status, headers, data, reason, traceId } = failure.response;
      this.response = {
        status,
        headers,
        data,
        ...(reason !== undefined && { reason }),
        ...(traceId !== undefined && { traceId }),
      };
    }
    if (details.audit !== undefined) this.audit = details.audit;
  }
}
Object.defineProperty(DtmfError.prototype, BRAND, { value: true });

/**
 * By symbol, since several copies of the package may be loaded, as in Jest.
 * @param {unknown} value
 * @returns {value is DtmfError}
 */
function isDtmfError(value) {
  try {
    return typeof value === 'object' && value !== null && /** @type {any} */ (value)[BRAND] === true;
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

/** @param {string} message */
function invalid(message) {
  return new DtmfError(notSent('ERR_DTMF_INVALID', message));
}

module.exports = { DtmfError, isDtmfError, notSent, invalid };
