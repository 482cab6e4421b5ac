'use strict';

/**
 * What may be shown of a thing that the program's own code threw, such as the error of an HTTP client, whose depths hold
 * tokens and secrets: name, code, status and message. Every touch may throw, and what a property of `Object.prototype`
 * says does not count.
 */

const { paramOf } = require('./own.js');

/** Names and codes of errors as the field writes them; anything else may hold a secret. */
const KIND =
  /^(?:[A-Z][A-Za-z]{0,40}Error|E[A-Z_]{3,20}|(?:ERR|UND_ERR|CERT|UNABLE_TO)_[A-Z_]{2,40}|INVALID_PURPOSE)$/;

/** The longest message that is shown of a cause. */
const LONGEST_MESSAGE = 300;

/**
 * @param {unknown} object
 * @param {string} name
 * @returns {unknown}
 */
function read(object, name) {
  try {
    const holds = (typeof object === 'object' && object !== null) || typeof object === 'function';
    return holds ? paramOf(object, name) : undefined;
  } catch {
    return undefined;
  }
}

/** @param {unknown} value */
function kindOrNothing(value) {
  return typeof value === 'string' && KIND.test(value) ? value : undefined;
}

/** @param {unknown} value */
function statusOrNothing(value) {
  const status = typeof value === 'string' ? Number(value) : value;
  return typeof status === 'number' && Number.isInteger(status) && status >= 100 && status <= 999
    ? status
    : undefined;
}

/** axios and fetch call it `status`, got and request `statusCode`, and some put it on the error itself. @param {unknown} thrown */
function statusOf(thrown) {
  const response = read(thrown, 'response');
  const places = [read(response, 'status'), read(response, 'statusCode')];
  places.push(read(thrown, 'status'), read(thrown, 'statusCode'));
  return places.map(statusOrNothing).find((status) => status !== undefined);
}

/**
 * A message without what may be secret in an address: user, password and query.
 * @param {string} message
 */
function shownMessage(message) {
  const line = message.replace(/\s+/g, ' ').replace(/(:\/\/)[^\s/@]*@/g, '$1');
  const shown = line
    .replace(/(:\/\/[^\s?#"')]*)[?#][^\s"')]*/g, '$1')
    .replace(/\b(Bearer|Basic) \S+/g, '$1 …');
  return shown.length > LONGEST_MESSAGE ? `${shown.slice(0, LONGEST_MESSAGE)}…` : shown;
}

/**
 * What is shown of a cause. Everything else of it stays where it is.
 * @param {unknown} cause
 * @returns {{ name?: string, code?: string, status?: number, message?: string }}
 */
function summaryOf(cause) {
  const [name, code] = [read(cause, 'name'), read(cause, 'code')].map(kindOrNothing);
  const [status, message] = [statusOf(cause), read(cause, 'message')];
  return {
    ...(name !== undefined && { name }),
    ...(code !== undefined && { code }),
    ...(status !== undefined && { status }),
    ...(typeof message === 'string' && { message: shownMessage(message) }),
  };
}

module.exports = { read, kindOrNothing, statusOf, summaryOf };
