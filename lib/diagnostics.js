'use strict';

/**
 * Tells tools of the program, such as tracers, of every injection (`node:diagnostics_channel`). It costs nothing
 * when nothing listens. A listener is an observer: nothing that it does to a message changes the outcome.
 */

const { channel } = require('node:diagnostics_channel');
const native = require('./native.js');
const { own, descriptor } = require('./own.js');
const { ObjectDefineProperty, ObjectKeys } = require('./primordials.js');

const start = channel('cxone-dtmf:injection:start');
const end = channel('cxone-dtmf:injection:end');
const error = channel('cxone-dtmf:injection:error');

/**
 * One injection, the same object in every message about it. A listener may keep its own things in it, and set
 * `traceparent` before the request leaves.
 * @typedef {import('../index.js').InjectionMessage} Injection
 */

/**
 * What the request carries, not checked yet.
 * @typedef {{ traceparent: unknown, correlationId: unknown }} Trace
 */

/**
 * Says that an injection begins. Its call is told at the end: until the engine has checked it, it may be anything.
 * @param {Trace} given
 * @returns {Injection | undefined} `undefined` when nothing listens
 */
function begin({ traceparent, correlationId }) {
  if (!start.hasSubscribers && !end.hasSubscribers && !error.hasSubscribers) return undefined;
  const injection = {
    callId: null,
    ...(traceparent !== undefined && { traceparent }),
    ...(correlationId !== undefined && { correlationId }),
  };
  start.publish(injection);
  return /** @type {Injection} */ (injection);
}

/**
 * What the request carries when listeners have seen the message: what they set, where it can be used.
 * @param {Injection} injection
 * @param {Trace} given
 * @returns {Trace}
 */
function observed(injection, given) {
  return {
    traceparent: chosen(injection, 'traceparent', given.traceparent),
    correlationId: chosen(injection, 'correlationId', given.correlationId),
  };
}

/**
 * @param {Injection} injection
 * @param {'traceparent' | 'correlationId'} name
 * @param {unknown} given
 */
function chosen(injection, name, given) {
  /** @type {unknown} */
  let set = null;
  try {
    set = own(injection, name);
  } catch {
    // A getter of a listener threw: nothing can be used.
  }
  // What the caller gave wrong is refused, as it is without listeners.
  if (set === given || !isUsable(name, given)) return given;
  if (isUsable(name, set)) return set;
  warnOnce(
    `A listener of cxone-dtmf:injection:start set a ${name} that cannot be used; cxone-dtmf leaves it out`,
  );
  return given;
}

/**
 * @param {'traceparent' | 'correlationId'} name
 * @param {unknown} value
 */
function isUsable(name, value) {
  if (value === undefined) return true;
  if (typeof value !== 'string') return false;
  return name === 'traceparent' ? native.isTraceUsable(value) : native.isTraceUsable(undefined, value);
}

let warned = false;

/** @param {string} message */
function warnOnce(message) {
  if (!warned) process.emitWarning(message);
  warned = true;
}

/**
 * Says that it ended: when it failed by `error` first, and in any case by `end`.
 * @param {Injection} injection
 * @param {import('../index.js').AuditEntry} auditEntry
 * @param {Error | undefined} failure
 */
function finish(injection, auditEntry, failure) {
  const { callId } = auditEntry;
  const message = completed(injection, { callId, auditEntry, ...(failure && { error: failure }) });
  if (failure) error.publish(message);
  end.publish(message);
}

/**
 * The message with what is known now. A listener may have frozen it: then it is one that has the other as prototype.
 * @param {Injection} message
 * @param {Record<string, unknown>} facts
 */
function completed(message, facts) {
  const names = ObjectKeys(facts);
  const fields = names.map((name) => descriptor(facts[name], true));
  if (names.every((name, n) => Reflect.defineProperty(message, name, fields[n]))) return message;
  const heir = Object.create(message);
  names.forEach((name, n) => ObjectDefineProperty(heir, name, fields[n]));
  return heir;
}

module.exports = { begin, observed, finish };
