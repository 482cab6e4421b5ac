'use strict';

/**
 * Tells tools of the program, such as tracers, of every injection (`node:diagnostics_channel`). It costs nothing
 * when nobody listens.
 */

const { channel } = require('node:diagnostics_channel');

const start = channel('cxone-dtmf:injection:start');
const end = channel('cxone-dtmf:injection:end');
const error = channel('cxone-dtmf:injection:error');

/**
 * One injection, the same object in every message about it. Who listens may keep its own things in it, and set
 * `traceparent` before the request leaves.
 * @typedef {object} Injection
 * @property {string | null} callId
 * @property {string} [traceparent]
 * @property {string} [correlationId]
 * @property {object} [auditEntry]
 * @property {Error} [error]
 */

/**
 * Says that an injection begins. Its call is told at the end: until the engine has checked it, it may be anything.
 * @param {{ traceparent?: string, correlationId?: string }} given
 * @returns {Injection | undefined} `undefined` when nobody listens
 */
function begin({ traceparent, correlationId }) {
  if (!start.hasSubscribers && !end.hasSubscribers && !error.hasSubscribers) return undefined;
  /** @type {Injection} */
  const injection = { callId: null };
  if (traceparent !== undefined) injection.traceparent = traceparent;
  if (correlationId !== undefined) injection.correlationId = correlationId;
  start.publish(injection);
  return injection;
}

/**
 * Says that it ended: when it failed by `error` first, and in any case by `end`.
 * @param {Injection | undefined} injection
 * @param {{ callId: string | null }} entry
 * @param {() => Error | undefined} failure
 */
function finish(injection, entry, failure) {
  if (!injection) return;
  injection.callId = entry.callId;
  injection.auditEntry = entry;
  const failed = failure();
  if (failed) {
    injection.error = failed;
    error.publish(injection);
  }
  end.publish(injection);
}

module.exports = { begin, finish };
