'use strict';

const { sources, SETTINGS } = require('./settings.js');
const { UsageError } = require('./usage-error.js');

/**
 * Makes the clients of the library. A setting that breaks a rule is a fault of the command line.
 * @param {typeof import('../../index.js')} library
 * @param {import('./settings.js').Settings} settings
 * @param {import('../../index.js').Logger | false} logger
 * @param {{ allowAToD?: boolean, pauses?: boolean }} [rules] for digits
 */
function createClients(library, settings, logger, rules = {}) {
  const { authUrl, grant, clientId, clientSecret, clientAuthentication, scope } = settings;
  const { accessKeyId, accessKeySecret, proxy } = settings;
  return explained(library, () => {
    const client = { clientId, clientSecret, clientAuthentication };
    const credentials = { grant, ...client, accessKeyId, accessKeySecret, scope };
    // The library says what is wrong with a setting, so types are its business.
    const config = /** @type {unknown} */ ({ authUrl, ...credentials, proxy, logger });
    const auth = new library.CXoneAuthClient(/** @type {import('../../index.js').AuthConfig} */ (config));
    return { auth, injector: createInjector(library, auth, settings, logger, rules) };
  });
}

/**
 * An injector with an auth client that is there.
 * @param {typeof import('../../index.js')} library
 * @param {import('../../index.js').CXoneAuthClient} auth
 * @param {import('./settings.js').Settings} settings
 * @param {import('../../index.js').Logger | false} logger
 * @param {{ allowAToD?: boolean, pauses?: boolean, encoding?: 'json' | 'query' }} [rules] for digits
 */
function createInjector(library, auth, settings, logger, rules = {}) {
  const { api, apiUrl, apiVersion, proxy } = settings;
  const fleet = fleetOf(settings);
  const config = /** @type {unknown} */ ({ api, apiUrl, apiVersion, proxy, logger, fleet, ...rules });
  return explained(
    library,
    () => new library.DtmfInjector(auth, /** @type {import('../../index.js').InjectorConfig} */ (config)),
  );
}

/**
 * @template T
 * @param {typeof import('../../index.js')} library
 * @param {() => T} create
 * @returns {T}
 */
function explained(library, create) {
  try {
    return create();
  } catch (error) {
    if (!library.isDtmfError(error) || error.code !== 'ERR_DTMF_INVALID') throw error;
    throw new UsageError(error.message, fieldHint(error.message));
  }
}

/**
 * Several URLs are nodes of a cluster.
 * @param {import('./settings.js').Settings} settings
 */
function fleetOf({ fleetUrl, fleetSentinels, fleetMaster, fleetPrefix }) {
  if (fleetUrl === undefined && fleetSentinels === undefined && fleetMaster === undefined) return undefined;
  const urls = parted(fleetUrl);
  const url = urls && urls.length > 1 ? urls : urls?.[0];
  return { url, sentinels: parted(fleetSentinels), master: fleetMaster, prefix: fleetPrefix };
}

/** @param {string | undefined} text */
function parted(text) {
  return text?.split(',').map((url) => url.trim());
}

/** The settings behind fields of the library that are named otherwise. @type {Record<string, string>} */
const FIELDS = {
  'fleet.url': 'fleetUrl',
  'fleet.sentinels': 'fleetSentinels',
  'fleet.master': 'fleetMaster',
  'fleet.prefix': 'fleetPrefix',
};

/** @param {string} message one that begins with the name of a field */
function fieldHint(message) {
  const [name] = /^[\w.]*/.exec(message) ?? [''];
  const field = FIELDS[name] ?? name;
  return Object.hasOwn(SETTINGS, field) ? `To change ${field}, ${sources(field)}.` : undefined;
}

module.exports = { createClients, createInjector };
