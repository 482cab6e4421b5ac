'use strict';

/**
 * Settings: an option counts more than its environment variable, and an empty variable counts as not set.
 */

const fs = require('node:fs');
const { APIS, chooseApi } = require('./apis.js');
const { GRANTS, chooseGrant, foreignTo } = require('./grants.js');
const { UsageError } = require('./usage-error.js');

/**
 * @typedef {object} Setting
 * @property {string} option
 * @property {string} [variable]
 * @property {string} what
 * @property {true} [secret] the option names a file, and the variable is the secret itself
 */
/** @typedef {Record<string, string | undefined> & { grant: string, api: import('./apis.js').ApiName }} Settings */

/** @type {Readonly<Record<string, Setting>>} */
const SETTINGS = Object.freeze({
  authUrl: { option: 'auth-url', variable: 'CXONE_AUTH_URL', what: 'base URL of the token endpoint' },
  apiUrl: { option: 'api-url', variable: 'CXONE_API_URL', what: 'base URL of the API' },
  grant: { option: 'grant', variable: 'CXONE_GRANT', what: 'grant' },
  clientId: { option: 'client-id', variable: 'CXONE_CLIENT_ID', what: 'client id' },
  clientSecret: {
    option: 'client-secret-file',
    variable: 'CXONE_CLIENT_SECRET',
    what: 'client secret',
    secret: true,
  },
  clientAuthentication: {
    option: 'client-authentication',
    variable: 'CXONE_CLIENT_AUTHENTICATION',
    what: 'way of the client to authenticate',
  },
  accessKeyId: { option: 'access-key-id', variable: 'CXONE_ACCESS_KEY_ID', what: 'id of the access key' },
  accessKeySecret: {
    option: 'access-key-secret-file',
    variable: 'CXONE_ACCESS_KEY_SECRET',
    what: 'secret of the access key',
    secret: true,
  },
  scope: { option: 'scope', variable: 'CXONE_SCOPE', what: 'scopes to ask for' },
  api: { option: 'api', variable: 'CXONE_API', what: 'API' },
  apiVersion: { option: 'api-version', what: 'version of the API' },
  telephonyProviderId: { option: 'provider', variable: 'CXONE_PROVIDER_ID', what: 'telephony provider' },
  lineId: { option: 'line', variable: 'CXONE_LINE_ID', what: 'line' },
  callId: { option: 'call', variable: 'CXONE_CALL_ID', what: 'call' },
  sessionId: { option: 'session', variable: 'CXONE_SESSION_ID', what: 'agent session' },
  contactId: { option: 'contact', variable: 'CXONE_CONTACT_ID', what: 'contact' },
  proxy: { option: 'proxy', variable: 'CXONE_PROXY', what: 'proxy' },
  // It may hold a password, which has no place in an option.
  proxyUrl: { option: 'proxy-file', what: 'URL of the proxy', secret: true },
  // It may hold a password.
  fleetUrl: {
    option: 'fleet-url-file',
    variable: 'CXONE_FLEET_URL',
    what: 'URL of the Redis of the fleet',
    secret: true,
  },
  // They may hold passwords as well.
  fleetSentinels: {
    option: 'fleet-sentinels-file',
    variable: 'CXONE_FLEET_SENTINELS',
    what: 'URLs of the Sentinels of the fleet',
    secret: true,
  },
  fleetMaster: {
    option: 'fleet-master',
    variable: 'CXONE_FLEET_MASTER',
    what: 'name of the master that the Sentinels know',
  },
  fleetPrefix: { option: 'fleet-prefix', variable: 'CXONE_FLEET_PREFIX', what: 'prefix of the fleet' },
});

/** @type {import('./arguments.js').OptionSpecs} */
const SETTING_OPTIONS = Object.freeze(
  Object.fromEntries(
    Object.values(SETTINGS).map(({ option }) => [option, /** @type {const} */ ({ type: 'string' })]),
  ),
);

const SETTINGS_HELP = `Settings (an option, or the variable behind it):
  --auth-url <url>             base URL of the token endpoint        CXONE_AUTH_URL
  --api-url <url>              base URL of the API, or discover      CXONE_API_URL
  --grant <name>               client_credentials, password or       CXONE_GRANT
                               access-key. Default: the first
  --client-id <id>             client id                             CXONE_CLIENT_ID
  --client-secret-file <file>  file that holds the client secret     CXONE_CLIENT_SECRET (the secret itself)
  --client-authentication <body|basic>
                               where client id and secret go.        CXONE_CLIENT_AUTHENTICATION
                               Default: body
  --access-key-id <id>         id of the access key                  CXONE_ACCESS_KEY_ID
  --access-key-secret-file <file>
                               file that holds its secret            CXONE_ACCESS_KEY_SECRET (the secret itself)
  --scope <scopes>             scopes to ask for, between blanks     CXONE_SCOPE
  --provider <id>              telephony provider of the line        CXONE_PROVIDER_ID
  --line <id>                  line of the call                      CXONE_LINE_ID
  --call <id>                  call                                  CXONE_CALL_ID
  --session <id>               agent session, in place of a call     CXONE_SESSION_ID
  --contact <id>               contact of the session                CXONE_CONTACT_ID
  --api <name>                 telephony-v2 or agent-session, when   CXONE_API
                               variables name a call and a session
  --api-version <version>      version of the sessions' API, such as v23.0
  --proxy <env|url>            go through a proxy: the one that        CXONE_PROXY
                               HTTPS_PROXY names, or this one
  --proxy-file <file>          file that holds its URL, where that has a password
  --fleet-url-file <file>      file that holds the URL of the        CXONE_FLEET_URL (the URL itself)
                               fleet's Redis, or several of a
                               cluster, between commas
  --fleet-sentinels-file <file>
                               file that holds the URLs of the       CXONE_FLEET_SENTINELS (the URLs)
                               Sentinels, between commas
  --fleet-master <name>        name under which they know the master CXONE_FLEET_MASTER
  --fleet-prefix <prefix>      prefix of the fleet. Default: dtmf    CXONE_FLEET_PREFIX`;

/**
 * A variable that belongs to another grant counts as not set: the machine may be set up for both. An option that
 * does is left for the library to refuse.
 * @param {import('./arguments.js').Values} values
 * @param {NodeJS.ProcessEnv} env
 * @returns {Settings}
 */
function readSettings(values, env) {
  const isOption = (/** @type {string} */ field) => values[SETTINGS[field].option] !== undefined;
  /** @type {Record<string, string | undefined>} */
  const found = {};
  for (const [field, { option, variable, secret }] of Object.entries(SETTINGS)) {
    const given = secret ? readSecret(option, values[option]) : values[option];
    found[field] = given ?? ((variable && env[variable]) || undefined);
  }
  found.proxy = proxyOf(values.proxy, found);
  const grant = chooseGrant(found.grant);
  for (const field of foreignTo(grant)) if (!isOption(field)) found[field] = undefined;
  return { ...found, grant, api: chooseApi(found, isOption) };
}

/**
 * @param {string | undefined} option
 * @param {Record<string, string | undefined>} found
 */
function proxyOf(option, { proxy, proxyUrl }) {
  if (option?.includes('@')) {
    throw new UsageError(
      '--proxy has a user or a password in it, and other users see it in the process list',
      'Write the URL into a file for --proxy-file, set CXONE_PROXY to it, or set HTTPS_PROXY and write --proxy env.',
    );
  }
  if (option !== undefined && proxyUrl !== undefined) {
    throw new UsageError('--proxy and --proxy-file name a proxy each', 'Leave one of them out.');
  }
  return proxyUrl ?? proxy;
}

/**
 * @param {string} option
 * @param {string | undefined} file
 * @returns {string | undefined}
 */
function readSecret(option, file) {
  if (file === undefined) return undefined;
  let text;
  try {
    text = fs.readFileSync(file, 'utf8');
  } catch (error) {
    const { code } = /** @type {NodeJS.ErrnoException} */ (error);
    throw new UsageError(
      `The file of --${option} cannot be read (${code})`,
      'Name a file that this user may read.',
    );
  }
  const secret = text.replace(/\r?\n$/, '');
  if (secret === '') throw new UsageError(`The file of --${option} is empty`);
  return secret;
}

/** What a token and a request take, without the ids of a call. @param {Settings} settings */
const accountFields = ({ grant }) => ['authUrl', 'apiUrl', ...GRANTS[grant].required];

/** @param {Settings} settings */
const idFields = ({ api }) => APIS[api].ids;

/**
 * The wanted settings that are not there, as a sentence; `undefined` when all are.
 * @param {Settings} settings
 * @param {readonly string[]} wanted
 */
function missing(settings, wanted) {
  const lacking = wanted.filter((field) => settings[field] === undefined);
  if (lacking.length === 0) return undefined;
  const { grant, api } = settings;
  return {
    message: `Missing with grant ${grant} and api ${api}: ${lacking.map((field) => SETTINGS[field].what).join(', ')}`,
    hint: lacking.map((field) => `${SETTINGS[field].what}: ${sources(field)}`).join('\n'),
  };
}

/** @param {string} field */
function sources(field) {
  const { option, variable } = SETTINGS[field];
  return variable ? `set ${variable} or --${option}` : `set --${option}`;
}

module.exports = {
  SETTINGS,
  SETTING_OPTIONS,
  SETTINGS_HELP,
  readSettings,
  accountFields,
  idFields,
  missing,
  sources,
};
