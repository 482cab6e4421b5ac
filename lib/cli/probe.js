'use strict';

/**
 * Asks a host whether it is there: one HEAD request to its address, without a token. The engine asks, with the settings
 * of the clients, so that it goes the way of their requests and trusts what they trust.
 */

/**
 * @typedef {object} Reached
 * @property {true} reached
 * @property {number} ms how long the answer took
 * @property {number} [skewMs] the host's clock less ours, when the answer had a date
 */
/**
 * @typedef {object} NotReached
 * @property {false} reached
 * @property {string} reason
 */

/**
 * @param {unknown} auth a client
 * @param {URL} url
 * @param {{ isTokenEndpoint: boolean, signal: AbortSignal }} options
 * @returns {Promise<Reached | NotReached>} rejects only with the reason of the signal
 */
async function probe(auth, url, { isTokenEndpoint, signal }) {
  signal.throwIfAborted();
  // Not before there is a client: where the addon cannot be loaded, doctor says so.
  const { clientOf } = require('../auth-client.js');
  const client = /** @type {NonNullable<ReturnType<typeof clientOf>>} */ (clientOf(auth));
  const begun = Date.now();
  let unwatch = () => {};
  try {
    /** @type {import('../types.js').Settled} */
    const { error, value } = await new Promise((resolve, reject) => {
      const onAbort = () => reject(signal.reason);
      signal.addEventListener('abort', onAbort, { once: true });
      unwatch = () => signal.removeEventListener('abort', onAbort);
      client.ask((id) => client.native.probe(id, url.href, isTokenEndpoint), resolve);
    });
    return error ? { reached: false, reason: error.message } : reached(begun, value);
  } finally {
    unwatch();
  }
}

/**
 * @param {number} begun
 * @param {unknown} date that of the answer
 * @returns {Reached}
 */
function reached(begun, date) {
  const now = Date.now();
  const ms = now - begun;
  // The date is of some moment between question and answer, and has whole seconds.
  const skewMs = Date.parse(String(date)) + 500 - (now - ms / 2);
  return { reached: true, ms, ...(!Number.isNaN(skewMs) && { skewMs }) };
}

module.exports = { probe };
