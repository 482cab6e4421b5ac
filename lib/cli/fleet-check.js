'use strict';

/**
 * The check of `doctor` that asks the Redis of the fleet. It takes the lease of a call that does not exist and gives
 * it back, so it needs every right that an injection needs.
 */

const crypto = require('node:crypto');
const { ok, skipped, failed } = require('./checks.js');
const { createClients } = require('./clients.js');
const { EXIT } = require('./exit-codes.js');
const { sources } = require('./settings.js');

/** A lease may be closed for as long as one lasts after Redis was started anew; nobody waits for that here. */
const PATIENCE_MS = 3000;

/** @param {import('./checks.js').Patient} patient */
async function redis({ library, settings, signal }) {
  if (!library || !settings) return skipped('settings come first');
  if (settings.fleetUrl === undefined) return skipped('no fleet');
  const { injector } = createClients(library, settings, false);
  const started = performance.now();
  try {
    const lock = await injector.acquireChannelLock(`doctor-${crypto.randomUUID()}`, {
      signal,
      timeoutMs: PATIENCE_MS,
    });
    await lock.release();
    return ok(`gave a lease within ${Math.ceil(performance.now() - started)} ms`);
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    if (!library.isDtmfError(error)) throw error;
    const advice = `Check ${sources('fleetUrl').replace(/^set /, '')}, the network, and the rights of the user.`;
    return failed(EXIT.TIMED_OUT, error.message, advice);
  } finally {
    await injector.close();
  }
}

module.exports = { redis };
