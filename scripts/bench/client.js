'use strict';

// The process of one client in one round: reads its task from standard input, loads the client, measures, and prints
// the figures. Beside the injections it is an application that answers requests of its own, which its parent asks.

const http = require('node:http');
const { text } = require('node:stream/consumers');

const { measure } = require('./measure.js');

/**
 * @typedef {object} Task
 * @property {'ours' | 'durable' | 'tutorial' | 'undici'} client
 * @property {Record<'authUrl' | 'apiUrl' | 'clientId' | 'clientSecret', string>} credentials
 * @property {string} [caBundle]
 * @property {number} inFlight
 * @property {number} warmUpSeconds
 * @property {number} seconds
 */

/**
 * @typedef {object} Client
 * @property {(callId: string) => Promise<unknown>} press rejects unless the platform took the digits
 * @property {() => Promise<void>} close
 */

/** Only the client that is measured is loaded: modules have a price in memory. */
const CLIENTS = {
  ours: () => require('./clients/ours.js'),
  durable: () => require('./clients/durable.js'),
  tutorial: () => require('./clients/tutorial.js'),
  undici: () => require('./clients/undici.js'),
};

async function main() {
  const application = http.createServer((_, response) => response.end('here'));
  await new Promise((resolve) => application.listen(0, '127.0.0.1', () => resolve(undefined)));
  const address = /** @type {import('node:net').AddressInfo} */ (application.address());
  process.stdout.write(`${JSON.stringify({ port: address.port })}\n`);

  /** @type {Task} */
  const task = JSON.parse(await text(process.stdin));
  const client = await CLIENTS[task.client]().open(task);
  const figures = await measure((callId) => client.press(callId), task);
  await client.close();
  process.stdout.write(`${JSON.stringify(figures)}\n`);
  application.closeAllConnections();
  application.close();
}

main().catch((error) => {
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
});
