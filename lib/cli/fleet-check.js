'use strict';

/**
 * The check of `doctor` that asks the Redis of the fleet. It tries every command that the scripts use, names all rights
 * that are missing, and then takes the lease of a call that does not exist and gives it back.
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
  if (settings.fleetUrl === undefined && settings.fleetSentinels === undefined) return skipped('no fleet');
  const { injector } = createClients(library, settings, false);
  const started = performance.now();
  try {
    const missing = await missingRights(injector);
    if (missing.length > 0) {
      const rights = `The user lacks ${missing.length === 1 ? 'a right' : `${missing.length} rights`}: ${missing.join(' ')}`;
      const advice = `As an administrator: ACL SETUSER <user> ${missing.join(' ')}\ndocs/fleet.md has all rights that are needed.`;
      return failed(EXIT.TIMED_OUT, rights, advice);
    }
    const lock = await injector.acquireChannelLock(`doctor-${crypto.randomUUID()}`, {
      signal,
      timeoutMs: PATIENCE_MS,
    });
    await lock.release();
    return ok(`gave a lease within ${Math.ceil(performance.now() - started)} ms`);
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    if (!library.isDtmfError(error)) throw error;
    if (error.retryAfterMs) return failed(EXIT.TIMED_OUT, error.message, opens(error.retryAfterMs));
    const field = settings.fleetSentinels === undefined ? 'fleetUrl' : 'fleetSentinels';
    const advice = `Check ${sources(field).replace(/^set /, '')}, the network, and the rights of the user.`;
    return failed(EXIT.TIMED_OUT, error.message, advice);
  } finally {
    await injector.close();
  }
}

/**
 * Loaded late: `doctor` has to begin where the addon cannot be loaded.
 * @param {unknown} injector
 */
async function missingRights(injector) {
  const lane = require('../lane.js');
  const { native, receiver } = require('../cores.js').coreOf(injector);
  const { value, error } = await lane.ask(receiver, (id) => native.missingFleetRights(id));
  const { DtmfError } = require('../errors.js');
  if (error) throw new DtmfError(error);
  return /** @type {string[]} */ (value);
}

/** @param {number} ms */
function opens(ms) {
  const at = new Date(Date.now() + ms).toISOString();
  return `The common order is off since Redis came back without its data, or another server took its place. It is on again at ${at}.`;
}

module.exports = { redis };
