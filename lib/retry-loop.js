'use strict';

/**
 * Retries around an `injectDTMF` that is not the engine's: one that a subclass, a spy, a `Proxy` or a stub has. What
 * follows an attempt is the engine's policy; what is not known of the digits is never sent again. No lock is held between
 * two attempts.
 */

// Taken at load: test runners replace the global timers.
const { clearTimeout, setTimeout } = require('node:timers');
const { isUint8Array } = require('node:util/types');
const { watch } = require('./abort.js');
const { DtmfError, failed, isDtmfError, notSent } = require('./errors.js');
const native = require('./native.js');
const { checkSignal, madeOrThrow, reading, toOptionalJson } = require('./options.js');
const { descriptor, own, paramOf } = require('./own.js');
const { JSONParse, ObjectCreate, Promise } = require('./primordials.js');
const { statusOf } = require('./summary.js');
const { factsOf } = require('./thrown.js');

/** The options of an injection that the loop does not read. */
const PASSED_ON = ['signal', 'lock', 'traceparent', 'correlationId'];

/** @typedef {{ attempt: number, maxAttempts: number, code: string, delivery: 'not-sent' | 'refused' | 'unknown', delayMs: number | null }} Next */

/**
 * @param {import('../index.js').DtmfInjector<import('../index.js').WireProfile>} injector
 * @param {import('../index.js').AnyInjectionParams} params
 * @param {unknown} maxRetries
 * @param {unknown} options
 * @param {import('./logger.js').Log} log
 */
async function injectInLoop(injector, params, maxRetries, options, log) {
  const { callId, inSession } = reading(() => idOf(params));
  const signal = reading(() => checkSignal(own(options, 'signal')));
  const given = reading(() => toOptionalJson(counted(options, maxRetries), PASSED_ON));
  const retries = madeOrThrow(native.NativeRetries.open(given, inSession));
  const copy = reading(() => copyOfBytes(params));
  /** @type {Next | undefined} */
  let last;
  try {
    for (;;) {
      if (signal?.aborted) throw aborted(last, signal);
      const again = last && copy ? withDigits(params, copy) : params;
      const outcome = await attempt(() => injector.injectDTMF(again, ofAttempt(options, retries)));
      if ('result' in outcome) return outcome.result;
      last = /** @type {Next} */ (JSONParse(retries.after(factsOf(outcome.thrown))));
      if (last.delayMs === null) throw ending(outcome.thrown, last, callId);
      log.warn(retryLine(last), { callId });
      await pause(last.delayMs, signal);
    }
  } finally {
    copy?.fill(0);
  }
}

/**
 * What is no object of options is left for the check to name.
 * @param {unknown} options
 * @param {unknown} maxAttempts
 */
function counted(options, maxAttempts) {
  if (options !== undefined && (typeof options !== 'object' || options === null)) return options;
  return { ...options, maxAttempts };
}

/**
 * @template T
 * @param {() => T} inject
 * @returns {Promise<{ result: Awaited<T> } | { thrown: unknown }>}
 */
async function attempt(inject) {
  try {
    return { result: await inject() };
  } catch (thrown) {
    return { thrown };
  }
}

/**
 * Digits that come as bytes are wiped by the first attempt.
 * @param {unknown} params
 */
function copyOfBytes(params) {
  const digits = typeof params === 'object' && params !== null ? paramOf(params, 'dtmfString') : undefined;
  return isUint8Array(digits) ? new Uint8Array(digits) : undefined;
}

/**
 * @template {object} T
 * @param {T} params
 * @param {Uint8Array} digits
 * @returns {T}
 */
function withDigits(params, digits) {
  return ObjectCreate(params, { dtmfString: descriptor(new Uint8Array(digits), true) });
}

/** @param {unknown} params */
function idOf(params) {
  if (typeof params !== 'object' || params === null) return { callId: undefined, inSession: false };
  const sessionId = paramOf(params, 'sessionId');
  const callId = sessionId === undefined ? paramOf(params, 'callId') : sessionId;
  return { callId, inSession: sessionId !== undefined };
}

/**
 * The caller's options for one attempt.
 * @param {unknown} options
 * @param {native.NativeRetries} retries
 */
function ofAttempt(options, retries) {
  if (options === undefined) return undefined;
  /** @type {Record<string, unknown>} */
  const passedOn = { .../** @type {object} */ (options) };
  // The loop counts the attempts.
  delete passedOn['maxAttempts'];
  if (own(options, 'deadlineMs') === undefined) return passedOn;
  return { ...passedOn, deadlineMs: Math.max(1, retries.remainingMs()) };
}

/** In the tutorial's words. @param {Next} next */
function retryLine({ attempt, maxAttempts, code, delayMs }) {
  const why = code === 'ERR_DTMF_RATE_LIMITED' ? 'Rate limit hit.' : `Attempt failed (${code}).`;
  return `${why} Retrying in ${Number(delayMs) / 1000}s (attempt ${attempt}/${maxAttempts})`;
}

/**
 * What the caller gets: what was thrown, or the tutorial's words for a call that is busy.
 * @param {unknown} thrown
 * @param {Next} last
 * @param {unknown} callId
 */
function ending(thrown, { attempt, code, delivery }, callId) {
  if (isDtmfError(thrown) || code !== 'ERR_DTMF_CONFLICT' || typeof callId !== 'string') return thrown;
  const message = native.NativeRetries.conflict(callId);
  const response = { status: Number(statusOf(thrown)), headers: {}, data: null };
  const failure = { ...notSent(code, message), delivery, response };
  return new DtmfError(failure, { attempts: attempt, cause: thrown });
}

/**
 * @param {Next | undefined} last the attempt before, if there was one
 * @param {AbortSignal} signal
 */
function aborted(last, signal) {
  const failure = notSent('ABORT_ERR', 'the injection was aborted before its next attempt');
  return failed({ ...failure, delivery: last?.delivery ?? 'not-sent' }, signal, {
    attempts: last?.attempt ?? 0,
  });
}

/**
 * @param {number} delayMs
 * @param {AbortSignal | undefined} signal ends it early
 */
async function pause(delayMs, signal) {
  let unwatch = () => {};
  /** @type {NodeJS.Timeout | undefined} */
  let timer;
  await new Promise((/** @type {(value: void) => void} */ resolve) => {
    timer = setTimeout(resolve, delayMs);
    unwatch = watch(signal, resolve);
  });
  clearTimeout(timer);
  unwatch();
}

module.exports = { injectInLoop };
