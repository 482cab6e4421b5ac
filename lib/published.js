'use strict';

/**
 * What NICE publishes. The tutorial's API and grant are not in its documents, so at its addresses they are a likely mistake.
 */

const { SafeWeakSet } = require('./primordials.js');

const API = "api: 'agent-session' (https://developer.niceincontact.com/API/AgentAPI)";
const GRANTS =
  "the grants 'password' and 'access-key' for back ends (https://developer.niceincontact.com/FAQ)";

/**
 * One sentence on a set-up that is wholly at NICE's addresses and uses what NICE does not publish.
 * @param {{ api: string, onPlatform: boolean }} config
 * @param {{ grant: string, onPlatform: boolean } | undefined} auth `undefined` for tokens of another source
 * @returns {string | undefined}
 */
function unpublished(config, auth) {
  if (!config.onPlatform || auth?.onPlatform === false) return undefined;
  const used = [];
  const instead = [];
  if (config.api === 'telephony-v2') {
    used.push("api: 'telephony-v2'");
    instead.push(API);
  }
  if (auth?.grant === 'client_credentials') {
    used.push("grant 'client_credentials'");
    instead.push(GRANTS);
  }
  if (used.length === 0) return undefined;
  return `NICE does not publish ${used.join(' and ')}, which its addresses are asked for; it publishes ${instead.join(' and ')}`;
}

/** The loggers that were told: a program may make an injector per request. @type {WeakSet<object>} */
const told = new SafeWeakSet();

/**
 * @param {Parameters<typeof unpublished>[0]} config
 * @param {Parameters<typeof unpublished>[1]} auth
 * @param {import('./logger.js').Log} log
 */
function warnOfUnpublished(config, auth, log) {
  const message = unpublished(config, auth);
  if (message === undefined || told.has(log.source)) return;
  told.add(log.source);
  log.warn(message, {});
}

module.exports = { warnOfUnpublished };
