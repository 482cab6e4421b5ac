'use strict';

/**
 * The checks of `doctor` that need no network.
 */

const { idsOf } = require('./apis.js');
const { createClients } = require('./clients.js');
const { EXIT } = require('./exit-codes.js');
const { variablesSet } = require('./proxy.js');
const { readBundle, systemRoots } = require('./roots.js');
const settings = require('./settings.js');
const { UsageError } = require('./usage-error.js');
const { packageVersion } = require('./version.js');
const { glibcVersion } = require('../platforms.js');

/**
 * @typedef {object} Finding
 * @property {'ok' | 'warning' | 'failed' | 'skipped'} status
 * @property {string} message what was found
 * @property {string} [advice] what to do
 * @property {number} [exitCode] of a failed check
 */

/**
 * What checks know of each other.
 * @typedef {object} Patient
 * @property {import('./arguments.js').Values} values
 * @property {NodeJS.ProcessEnv} env
 * @property {AbortSignal} signal
 * @property {string} nodeVersion
 * @property {typeof import('../../index.js')} [library] once the addon is loaded
 * @property {settings.Settings} [settings] once they are well-formed
 * @property {import('../../index.js').CXoneAuthClient} [auth] once settings and proxy are well-formed
 * @property {{ host: string, skewMs: number }[]} clocks of the hosts that said their time
 * @property {Promise<TokenOutcome>} [token] the one token request
 * @property {boolean} [authUnreachable] what follows from it need not be told again
 * @property {Promise<ApiOutcome>} [api] what the versions of the API answered
 * @property {import('./session-watch.js').SessionWatch} [watch] the session that is listened to
 * @property {string} [digit] the one that is to be pressed
 */
/** @typedef {{ ok: true } | { ok: false, error: import('../../index.js').DtmfError }} TokenOutcome */
/** @typedef {{ api: string, answers: number[] } | { error: import('../../index.js').DtmfError }} ApiOutcome */

/** @param {string} message @returns {Finding} */
const ok = (message) => ({ status: 'ok', message });
/** @param {string} message @param {string} advice @returns {Finding} */
const warning = (message, advice) => ({ status: 'warning', message, advice });
/** @param {string} message @returns {Finding} */
const skipped = (message) => ({ status: 'skipped', message });
/** @param {number} exitCode @param {string} message @param {string} [advice] @returns {Finding} */
const failed = (exitCode, message, advice) => ({ status: 'failed', message, advice, exitCode });

/** @param {Patient} patient */
function node({ nodeVersion }) {
  const [major, minor] = nodeVersion.split('.').map(Number);
  if (major > 18 || (major === 18 && minor >= 17)) return ok(nodeVersion);
  return failed(EXIT.INTERNAL, `${nodeVersion} is too old`, 'Install Node.js 18.17 or newer.');
}

/** @param {Patient} patient */
function addon(patient) {
  try {
    patient.library = require('../../index.js');
  } catch (error) {
    const [message, ...advice] = /** @type {Error} */ (error).message.split('\n');
    return failed(EXIT.INTERNAL, message, advice.join('\n') || undefined);
  }
  return ok(`version ${packageVersion()} loads on ${process.platform}-${process.arch}${libc()}`);
}

function libc() {
  if (process.platform !== 'linux') return '';
  const glibc = glibcVersion();
  return glibc ? `, glibc ${glibc}` : ', musl';
}

/** As index.d.ts says of ids. */
const ID = /^(?!\.{1,2}$)[A-Za-z0-9._~:@+=-]{1,128}$/;

/** @param {Patient} patient */
function wellFormed(patient) {
  const { values, env, library } = patient;
  try {
    const found = settings.readSettings(values, env);
    const account = settings.accountFields(found);
    const lacking = settings.missing(found, account);
    if (lacking) return failed(EXIT.USAGE, lacking.message, lacking.hint);
    if (!library) return skipped('they are there; without the addon they cannot be checked further');
    const { auth } = createClients(library, { ...found, proxy: undefined }, false);
    const wrong = idsOf(found.api).filter(
      (field) => found[field] !== undefined && !ID.test(String(found[field])),
    );
    if (wrong.length > 0) {
      return failed(
        EXIT.USAGE,
        `${wrong.join(', ')}: not an id`,
        'An id has 1 to 128 of A-Z a-z 0-9 . _ ~ : @ + = - and is neither . nor ..',
      );
    }
    patient.settings = found;
    patient.auth = auth;
    const ids = settings.idFields(found).filter((field) => found[field] === undefined);
    const unset = ids.length > 0 ? `; not set, inject needs them: ${ids.join(', ')}` : '';
    return ok(`grant ${found.grant}, api ${found.api}: ${account.join(', ')} are well-formed${unset}`);
  } catch (error) {
    if (error instanceof UsageError) return failed(EXIT.USAGE, error.message, error.hint);
    throw error;
  }
}

/**
 * What the library itself would warn of.
 * @param {Patient} patient
 */
function published({ library, settings: found }) {
  if (!library || !found) return skipped('settings come first');
  /** @type {string[]} */
  const said = [];
  const logger = { info() {}, warn: (/** @type {string} */ message) => void said.push(message), error() {} };
  createClients(library, { ...found, proxy: undefined, fleetUrl: undefined, fleetPrefix: undefined }, logger);
  if (said.length === 0) return ok('nothing that NICE does not publish is used at its addresses');
  return warning(said.join('\n'), 'Set CXONE_API and CXONE_GRANT, or --api and --grant.');
}

/** @param {Patient} patient */
function proxy(patient) {
  const { values, env, library } = patient;
  const set = variablesSet(env);
  const proxy = patient.settings ? patient.settings.proxy : (values.proxy ?? values['proxy-file']);
  if (proxy === undefined) {
    if (set.length === 0) return skipped('no proxy variable is set, and none is used');
    return warning(
      `${set.join(', ')} set and ignored: connections go straight to the host`,
      "If this network needs the proxy, pass --proxy env here and proxy: 'env' in your program.",
    );
  }
  if (!library || !patient.settings) return skipped('settings come first');
  try {
    patient.auth = createClients(library, patient.settings, false).auth;
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    patient.auth = undefined;
    return failed(
      EXIT.USAGE,
      error.message,
      'Pass --proxy env, or the http or https address of a proxy, with a password in --proxy-file.',
    );
  }
  if (proxy !== 'env') return ok('the proxy that was named is used, except to this machine');
  if (set.length > 0) return ok(`${set.join(', ')} set and used, except to this machine and to NO_PROXY`);
  return warning('--proxy env was given, but no proxy variable is set', 'Set HTTPS_PROXY.');
}

/** @param {Patient} patient */
function roots({ env }) {
  const file = env.NODE_EXTRA_CA_CERTS;
  const system = systemRoots(env).length;
  const others = `Mozilla's, and ${system} of the system`;
  if (!file) return ok(others);
  const { certificates, problem } = readBundle(file);
  if (!problem) return ok(`${others}, and ${certificates.length} of NODE_EXTRA_CA_CERTS`);
  return failed(
    EXIT.USAGE,
    `the file of NODE_EXTRA_CA_CERTS ${problem}`,
    'Name a file with certificates in PEM form, or unset the variable.',
  );
}

module.exports = { node, addon, wellFormed, published, proxy, roots, ok, warning, skipped, failed };
