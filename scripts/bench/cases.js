'use strict';

// What is measured: which clients, with how many in flight, over what.

/** @typedef {import('./run.js').ClientName} ClientName */
/** @typedef {import('./platform.js').Scheme} Scheme */
/** @typedef {{ scheme: Scheme, inFlight: number }} Case */

/** The clients, and what they are called in the table. @type {Record<ClientName, string>} */
const CLIENTS = {
  ours: 'cxone-dtmf',
  durable: 'cxone-dtmf, audit log on disk',
  tutorial: 'the tutorial, axios',
  undici: 'undici by hand',
  rust: 'bare Rust, reqwest',
};

/** @type {readonly Scheme[]} */
const SCHEMES = ['http', 'https'];
const IN_FLIGHT = [1, 32, 256];

/** Only where there is enough in flight to share a write: alone, it is the disk that is measured. */
const DURABLE = { scheme: 'http', inFlight: 256 };

/**
 * @param {Case} one
 * @param {readonly ClientName[]} clients
 */
function clientsOf({ scheme, inFlight }, clients) {
  const durable = scheme === DURABLE.scheme && inFlight === DURABLE.inFlight;
  return clients.filter((client) => client !== 'durable' || durable);
}

/**
 * @param {readonly Scheme[]} schemes
 * @param {readonly number[]} inFlight
 * @returns {Case[]}
 */
function cases(schemes, inFlight) {
  return schemes.flatMap((scheme) => inFlight.map((count) => ({ scheme, inFlight: count })));
}

module.exports = { CLIENTS, SCHEMES, IN_FLIGHT, cases, clientsOf };
