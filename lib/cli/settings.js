'use strict';

/**
 * Settings: an option counts more than its environment variable, and an empty variable counts as not set.
 */

const fs = require('node:fs');
const { UsageError } = require('./usage-error.js');

/**
 * @typedef {object} Setting
 * @property {string} option
 * @property {string} [variable]
 * @property {string} what
 */

/** @type {Readonly<Record<string, Setting>>} */
const SETTINGS = Object.freeze({
  authUrl: { option: 'auth-url', variable: 'CXONE_AUTH_URL', what: 'base URL of the token endpoint' },
  apiUrl: { option: 'api-url', variable: 'CXONE_API_URL', what: 'base URL of the telephony API' },
  clientId: { option: 'client-id', variable: 'CXONE_CLIENT_ID', what: 'client id' },
  clientSecret: { option: 'client-secret-file', variable: 'CXONE_CLIENT_SECRET', what: 'client secret' },
  scope: { option: 'scope', variable: 'CXONE_SCOPE', what: 'scopes to ask for' },
  telephonyProviderId: { option: 'provider', variable: 'CXONE_PROVIDER_ID', what: 'telephony provider' },
  lineId: { option: 'line', variable: 'CXONE_LINE_ID', what: 'line' },
  callId: { option: 'call', variable: 'CXONE_CALL_ID', what: 'call' },
  proxy: { option: 'proxy', what: 'proxy' },
});

const ACCOUNT = Object.freeze(['authUrl', 'apiUrl', 'clientId', 'clientSecret']);
const CALL = Object.freeze(['telephonyProviderId', 'lineId', 'callId']);

/** @type {import('./arguments.js').OptionSpecs} */
const SETTING_OPTIONS = Object.freeze(
  Object.fromEntries(
    Object.values(SETTINGS).map(({ option }) => [option, /** @type {const} */ ({ type: 'string' })]),
  ),
);

const SETTINGS_HELP = `Settings (an option, or the variable behind it):
  --auth-url <url>             base URL of the token endpoint        CXONE_AUTH_URL
  --api-url <url>              base URL of the telephony API         CXONE_API_URL
  --client-id <id>             client id                             CXONE_CLIENT_ID
  --client-secret-file <file>  file that holds the client secret     CXONE_CLIENT_SECRET (the secret itself)
  --scope <scopes>             scopes to ask for, between blanks     CXONE_SCOPE
  --provider <id>              telephony provider of the line        CXONE_PROVIDER_ID
  --line <id>                  line of the call                      CXONE_LINE_ID
  --call <id>                  call                                  CXONE_CALL_ID
  --proxy <env|url>            go through a proxy: the one that HTTPS_PROXY names, or this one`;

/**
 * @param {import('./arguments.js').Values} values
 * @param {NodeJS.ProcessEnv} env
 * @returns {Record<string, string | undefined>}
 */
function readSettings(values, env) {
  /** @type {Record<string, string | undefined>} */
  const found = {};
  for (const [field, { option, variable }] of Object.entries(SETTINGS)) {
    const given = field === 'clientSecret' ? readSecret(values[option]) : values[option];
    found[field] = given ?? ((variable && env[variable]) || undefined);
  }
  return found;
}

/**
 * @param {string | undefined} file
 * @returns {string | undefined}
 */
function readSecret(file) {
  if (file === undefined) return undefined;
  let text;
  try {
    text = fs.readFileSync(file, 'utf8');
  } catch (error) {
    const { code } = /** @type {NodeJS.ErrnoException} */ (error);
    throw new UsageError(
      `The file of --client-secret-file cannot be read (${code})`,
      'Name a file that this user may read.',
    );
  }
  const secret = text.replace(/\r?\n$/, '');
  if (secret === '') throw new UsageError('The file of --client-secret-file is empty');
  return secret;
}

/**
 * The wanted settings that are not there, as a sentence; `undefined` when all are.
 * @param {Record<string, string | undefined>} settings
 * @param {readonly string[]} wanted
 */
function missing(settings, wanted) {
  const lacking = wanted.filter((field) => settings[field] === undefined);
  if (lacking.length === 0) return undefined;
  return {
    message: `Missing: ${lacking.map((field) => SETTINGS[field].what).join(', ')}`,
    hint: lacking.map((field) => `${SETTINGS[field].what}: ${sources(field)}`).join('\n'),
  };
}

/** @param {string} field */
function sources(field) {
  const { option, variable } = SETTINGS[field];
  return variable ? `set ${variable} or --${option}` : `set --${option}`;
}

/**
 * Makes the clients of the library. A setting that breaks a rule is a fault of the command line.
 * @param {typeof import('../../index.js')} library
 * @param {Record<string, string | undefined>} settings
 * @param {import('../../index.js').Logger | false} logger
 */
function createClients(library, settings, logger) {
  const { authUrl, apiUrl, clientId, clientSecret, scope, proxy } = settings;
  try {
    const authConfig = { authUrl, clientId, clientSecret, scope, proxy, logger };
    const config = { apiUrl, proxy, logger };
    // The library says what is wrong with a setting, so types are its business.
    const auth = new library.CXoneAuthClient(/** @type {any} */ (authConfig));
    return { auth, injector: new library.DtmfInjector(auth, /** @type {any} */ (config)) };
  } catch (error) {
    if (!library.isDtmfError(error) || error.code !== 'ERR_DTMF_INVALID') throw error;
    throw new UsageError(error.message, fieldHint(error.message));
  }
}

/** @param {string} message one that begins with the name of a field */
function fieldHint(message) {
  const [field] = message.split(' ', 1);
  return Object.hasOwn(SETTINGS, field) ? `To change ${field}, ${sources(field)}.` : undefined;
}

module.exports = {
  SETTINGS,
  ACCOUNT,
  CALL,
  SETTING_OPTIONS,
  SETTINGS_HELP,
  readSettings,
  missing,
  createClients,
};
