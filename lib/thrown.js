'use strict';

/**
 * What the engine is told of a thing that the program's own code threw, as `src/thrown.rs` reads it.
 */

const { isDtmfError } = require('./errors.js');
const { ArrayIsArray, JSONStringify, ObjectKeys } = require('./primordials.js');
const { kindOrNothing, read, statusOf } = require('./summary.js');

/** That of the error, or of what caused it, as with fetch. @param {unknown} thrown */
function codeOf(thrown) {
  const cause = read(thrown, 'cause');
  const words = [read(thrown, 'code'), read(cause, 'code'), read(thrown, 'name')];
  return words.map(kindOrNothing).find((word) => word !== undefined);
}

/**
 * A field of the answer, of a plain object or one like `Headers`.
 * @param {unknown} headers
 * @param {string} name in lower case
 * @returns {string | undefined}
 */
function fieldOf(headers, name) {
  let value = read(headers, name);
  try {
    const get = read(headers, 'get');
    if (value === undefined && typeof get === 'function') value = get.call(headers, name);
    if (value === undefined && typeof headers === 'object' && headers !== null) {
      const key = ObjectKeys(headers).find((key) => key.toLowerCase() === name);
      if (key !== undefined) value = read(headers, key);
    }
  } catch {
    return undefined;
  }
  if (ArrayIsArray(value)) value = value.join(', ');
  return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined;
}

/** @param {unknown} value */
function millisOrNothing(value) {
  const millis = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  return typeof millis === 'number' && Number.isFinite(millis) && millis >= 0 ? millis : undefined;
}

/**
 * The facts as JSON text.
 * @param {unknown} thrown
 */
function factsOf(thrown) {
  const response = read(thrown, 'response');
  const headers = read(response, 'headers') ?? read(thrown, 'headers');
  const status = statusOf(thrown);
  const words = [read(thrown, 'name'), read(thrown, 'code')].map(kindOrNothing);
  const kind = [...words, status && `status ${status}`].filter((word) => word !== undefined);
  return JSONStringify({
    __proto__: null,
    kind: kind.length > 0 ? kind.join(' ') : undefined,
    code: codeOf(thrown),
    status,
    retryAfter: fieldOf(headers, 'retry-after'),
    date: fieldOf(headers, 'date'),
    retryAfterMs:
      millisOrNothing(read(thrown, 'retryAfterMs')) ?? millisOrNothing(fieldOf(headers, 'retry-after-ms')),
    dtmf: isDtmfError(thrown) ? toldBy(thrown) : undefined,
  });
}

/** @param {import('./errors.js').DtmfError} error */
function toldBy(error) {
  const [code, delivery, message] = ['code', 'delivery', 'message'].map((name) => String(read(error, name)));
  return { code, delivery, message, retryable: read(error, 'retryable') === true };
}

module.exports = { factsOf };
