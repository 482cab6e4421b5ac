'use strict';

/**
 * The APIs an injection can speak, and the ids that each needs. The names are those of the library.
 */

const { UsageError } = require('./usage-error.js');

/**
 * @typedef {object} Api
 * @property {readonly string[]} ids that it needs
 * @property {readonly string[]} furtherIds that it takes
 */

/** @type {Readonly<Record<'telephony-v2' | 'agent-session', Api>>} */
const APIS = Object.freeze({
  'telephony-v2': { ids: ['telephonyProviderId', 'lineId', 'callId'], furtherIds: [] },
  'agent-session': { ids: ['sessionId'], furtherIds: ['contactId'] },
});

/** @typedef {keyof typeof APIS} ApiName */

const NAMES = /** @type {ApiName[]} */ (Object.keys(APIS));

/** @param {ApiName} api */
const idsOf = (api) => [...APIS[api].ids, ...APIS[api].furtherIds];

/**
 * Ids that are options choose their API. When all ids come from variables, `api` does, and without it the tutorial's
 * API is meant unless only a session is there.
 * @param {Record<string, string | undefined>} found
 * @param {(field: string) => boolean} isOption whether the field was given as an option
 * @returns {ApiName}
 */
function chooseApi(found, isOption) {
  const { api } = found;
  if (api !== undefined && !NAMES.includes(/** @type {ApiName} */ (api))) {
    throw new UsageError(
      'api must be telephony-v2 or agent-session',
      'Set CXONE_API or --api to one of them.',
    );
  }
  const byOptions = NAMES.filter((name) => idsOf(name).some(isOption));
  if (byOptions.length > 1) {
    throw new UsageError(
      'The options name a session and a call',
      'Give either --session and --contact, or --provider, --line and --call.',
    );
  }
  const [named] = byOptions;
  if (named !== undefined && isOption('api') && api !== named) {
    throw new UsageError(`--api ${api} takes no ids of ${named}`, 'Leave --api out, or the ids.');
  }
  if (named !== undefined) return named;
  if (api !== undefined) return /** @type {ApiName} */ (api);
  const isThere = (/** @type {ApiName} */ name) => APIS[name].ids.some((field) => found[field] !== undefined);
  return isThere('agent-session') && !isThere('telephony-v2') ? 'agent-session' : 'telephony-v2';
}

module.exports = { APIS, chooseApi, idsOf };
