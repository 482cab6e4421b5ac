'use strict';

/**
 * What an error means to whoever called the command: the exit code, what is printed, what to do next.
 */

const { EXIT, exitCodeOf } = require('./exit-codes.js');
const { Interrupted } = require('./interrupt.js');
const { UsageError } = require('./usage-error.js');

/**
 * @typedef {object} Failure
 * @property {number} exitCode
 * @property {string[]} lines for people
 * @property {Record<string, unknown>} json for machines
 */

/** By symbol as in errors.js, which cannot be loaded here: it is needed when the addon is missing. */
const BRAND = Symbol.for('cxone-dtmf.DtmfError');

/**
 * @param {unknown} error
 * @param {number} [exitCode] instead of its own, unless it was interrupted
 * @returns {Failure}
 */
function describe(error, exitCode) {
  const failure = ofAny(error);
  if (exitCode === undefined || error instanceof Interrupted) return failure;
  return { ...failure, exitCode, json: { ...failure.json, exitCode } };
}

/**
 * @param {unknown} error
 * @returns {Failure}
 */
function ofAny(error) {
  if (error instanceof UsageError) {
    return plain(EXIT.USAGE, 'ERR_USAGE', [error.message, ...(error.hint?.split('\n') ?? [])]);
  }
  if (error instanceof Interrupted) {
    return plain(error.exitCode, 'ABORT_ERR', ['Interrupted; no digit was sent']);
  }
  const { code, message, stack } = /** @type {NodeJS.ErrnoException} */ (error);
  if (code === 'ERR_DTMF_NO_ADDON') return plain(EXIT.INTERNAL, code, [message]);
  if (/** @type {{ [BRAND]?: true } | null | undefined} */ (error)?.[BRAND]) {
    return ofLibrary(/** @type {import('../../index.js').DtmfError} */ (error));
  }
  const failure = plain(EXIT.INTERNAL, 'ERR_INTERNAL', ['Internal error, please report it']);
  return { ...failure, lines: [...failure.lines, ...(stack ?? String(error)).split('\n')] };
}

/**
 * @param {number} exitCode
 * @param {string} code
 * @param {string[]} lines
 * @returns {Failure}
 */
function plain(exitCode, code, lines) {
  return { exitCode, lines, json: { ok: false, exitCode, code, message: lines.join('\n') } };
}

/**
 * @param {import('../../index.js').DtmfError} error
 * @returns {Failure}
 */
function ofLibrary(error) {
  const exitCode = error.cause instanceof Interrupted ? error.cause.exitCode : exitCodeOf(error);
  const { code, message, delivery, safeToResend, retryable, attempts, response, audit } = error;
  const { retryAfterMs, digitsAccepted, repeatOf } = error;
  return {
    exitCode,
    // Without an entry it is no injection, and no digits are in question.
    lines: audit ? [message, advice(error)] : [message],
    json: {
      ok: false,
      exitCode,
      delivery,
      safeToResend,
      retryable,
      attempts,
      code,
      message,
      ...(retryAfterMs !== undefined && { retryAfterMs }),
      ...(digitsAccepted !== undefined && { digitsAccepted }),
      ...(repeatOf !== undefined && { repeatOf }),
      ...(response && { response: { status: response.status, data: response.data } }),
      ...(audit && { audit }),
    },
  };
}

/** @param {import('../../index.js').DtmfError} error */
function advice({ delivery, retryable, retryAfterMs, digitsAccepted = 0 }) {
  if (delivery === 'unknown') {
    const what =
      digitsAccepted > 0
        ? `Of the digits the first ${digitsAccepted} were accepted, and more may have been pressed.`
        : 'Nobody knows whether the digits were pressed.';
    return `${what} Do not send them again: find out where the call stands.`;
  }
  const wait = retryAfterMs === undefined ? 'later' : `in ${Math.ceil(retryAfterMs / 1000)} s`;
  return `The digits were not pressed.${retryable ? ` Try again ${wait}.` : ''}`;
}

module.exports = { describe };
