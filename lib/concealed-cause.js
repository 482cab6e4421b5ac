'use strict';

/**
 * The cause of an error: the very thing that was thrown, for code that asks for it, and no more than its name, code,
 * status and message wherever the error is printed or serialised.
 */

const { descriptor, hide } = require('./own.js');
const {
  ObjectDefineProperty,
  ObjectEntries,
  ObjectFromEntries,
  ObjectGetOwnPropertyDescriptors,
  ObjectGetOwnPropertySymbols,
  ObjectGetPrototypeOf,
  ObjectHasOwn,
  ObjectSetPrototypeOf,
} = require('./primordials.js');
const { summaryOf } = require('./summary.js');

/** What pino's serialisers mark an error with while they copy all that is enumerable of it and of its causes. */
const WALKED = 'circular-ref-tag';

/**
 * An own accessor: what inspects an error without asking it, as Node.js does when one ends the process, calls none.
 * @param {Error} error
 * @param {unknown} cause
 */
function conceal(error, cause) {
  const accessor = {
    __proto__: null,
    configurable: true,
    enumerable: false,
    get: () => (isWalked(error) ? summaryOf(cause) : cause),
    set: (/** @type {unknown} */ value) => hide(error, 'cause', value),
  };
  ObjectDefineProperty(error, 'cause', /** @type {PropertyDescriptor} */ (accessor));
  hide(error, 'stack', `${error.stack}${line(cause)}`);
}

/** @param {Error} error */
function isWalked(error) {
  return ObjectGetOwnPropertySymbols(error).some((symbol) => symbol.description === WALKED);
}

/** @param {unknown} cause */
function line(cause) {
  const { name = 'Error', code, status, message } = summaryOf(cause);
  const kind = [name, code, status].filter((word) => word !== undefined).join(' ');
  return `\n    [cause]: ${kind}${message === undefined ? '' : `: ${message}`}`;
}

/**
 * The fields that JSON shows of an error, with what may be shown of its cause.
 * @param {Error} error
 */
function toJson(error) {
  const fields = ObjectFromEntries(ObjectEntries(error));
  return ObjectHasOwn(error, 'cause') ? { ...fields, cause: summaryOf(error.cause) } : fields;
}

/**
 * An error that prints like this one, with what may be shown of its cause.
 * @param {Error} error
 * @returns {Error}
 */
function printable(error) {
  if (!ObjectHasOwn(error, 'cause')) return error;
  const { cause } = error;
  // An error of its own, since only those are printed as errors in every realm.
  const shown = ObjectSetPrototypeOf(new Error(), ObjectGetPrototypeOf(error));
  const fields = ObjectGetOwnPropertyDescriptors(error);
  for (const [name, field] of ObjectEntries(fields)) ObjectDefineProperty(shown, name, field);
  const text = line(cause);
  const stack = String(error.stack);
  hide(shown, 'stack', stack.endsWith(text) ? stack.slice(0, -text.length) : stack);
  hide(shown, 'cause', summaryOf(cause));
  return shown;
}

/**
 * Loggers such as winston copy the cause and write it as JSON: then a thing that holds more than may be shown says so
 * itself. One that was frozen cannot.
 * @param {unknown} thrown
 */
function guardJson(thrown) {
  try {
    const holds = typeof thrown === 'object' && thrown !== null && !ObjectHasOwn(thrown, 'toJSON');
    if (holds)
      ObjectDefineProperty(
        thrown,
        'toJSON',
        descriptor(() => summaryOf(thrown), false),
      );
  } catch {
    // It cannot be changed.
  }
}

module.exports = { conceal, toJson, printable, guardJson };
