'use strict';

/**
 * The checks of `doctor` that ask the hosts. None of them sends a digit: the telephony API gets a HEAD request to
 * its base address, without a token.
 */

const { EXIT } = require('./exit-codes.js');
const { ok, warning, skipped, failed } = require('./checks.js');
const { GRANTS } = require('./grants.js');
const { probe } = require('./probe.js');
const { variablesSet } = require('./proxy.js');
const { SETTINGS } = require('./settings.js');

/** @typedef {import('./checks.js').Patient} Patient */
/** @typedef {import('./checks.js').Finding} Finding */

/** Entries of the audit log and a Retry-After that is a date depend on the clock. */
const MAX_SKEW_MS = 30_000;

/** @param {Patient} patient */
async function authHost(patient) {
  if (!patient.auth) return skipped('settings come first');
  const { url, found } = await ask(patient, 'authUrl');
  if (found.reached) return ok(`${url.origin} answers within ${found.ms} ms`);
  patient.authUnreachable = true;
  return failed(EXIT.TIMED_OUT, `${url.origin} cannot be reached: ${found.reason}`, way(patient, 'authUrl'));
}

/** @param {Patient} patient */
async function token(patient) {
  if (!patient.auth || !patient.settings) return skipped('settings come first');
  if (patient.authUnreachable) return skipped('the auth host comes first');
  const outcome = await requestToken(patient);
  const grant = GRANTS[patient.settings.grant];
  if (outcome.ok || isAboutScope(outcome.error)) return ok(`${grant.what} accepted`);
  const { error } = outcome;
  if (error.code === 'ERR_DTMF_CONNECT') {
    return failed(EXIT.TIMED_OUT, error.message, way(patient, 'authUrl'));
  }
  return failed(
    EXIT.AUTH,
    error.message,
    error.retryable
      ? 'Try again later: the token endpoint has passing trouble.'
      : `Check ${[...grant.required, 'authUrl'].map((field) => SETTINGS[field].variable).join(', ')}.${otherWay(patient.settings, error)}`,
  );
}

/**
 * An endpoint that refuses a client by 401 may take it the other way (RFC 6749 §5.2).
 * @param {import('./settings.js').Settings} settings
 * @param {import('../../index.js').DtmfError} error
 */
function otherWay({ grant, clientAuthentication }, { response }) {
  const data = /** @type {{ error?: unknown } | null | undefined} */ (response?.data);
  const isRefused = response?.status === 401 && data?.error === 'invalid_client';
  if (!isRefused || !GRANTS[grant].optional.includes('clientAuthentication')) return '';
  const other = clientAuthentication === 'basic' ? 'body' : 'basic';
  return ` If they are right, try --client-authentication ${other}.`;
}

/** @param {Patient} patient */
async function scope(patient) {
  if (!patient.auth || !patient.settings) return skipped('settings come first');
  const { grant, scope } = patient.settings;
  const outcome = await requestToken(patient);
  if (outcome.ok && grant !== 'client_credentials' && scope === undefined) {
    return skipped('none were asked for');
  }
  if (outcome.ok) return ok('all scopes that were asked for are granted');
  if (!isAboutScope(outcome.error)) return skipped('there is no token');
  return failed(
    EXIT.AUTH,
    outcome.error.message,
    'Have the scopes granted to the client, or ask for others with --scope or CXONE_SCOPE.',
  );
}

/** @param {Patient} patient */
async function apiHost(patient) {
  if (!patient.auth) return skipped('settings come first');
  if (patient.settings?.apiUrl === 'discover') {
    return skipped('inject discovers its address; name it with --api-url to have it checked');
  }
  const { url, found } = await ask(patient, 'apiUrl');
  if (found.reached) return ok(`${url.origin} answers within ${found.ms} ms`);
  return failed(EXIT.TIMED_OUT, `${url.origin} cannot be reached: ${found.reason}`, way(patient, 'apiUrl'));
}

/** @param {Patient} patient @returns {Finding} */
function clock({ clocks }) {
  if (clocks.length === 0) return skipped('no host said its time');
  const [worst] = [...clocks].sort((a, b) => Math.abs(b.skewMs) - Math.abs(a.skewMs));
  const seconds = Math.round(Math.abs(worst.skewMs) / 1000);
  const relation = worst.skewMs > 0 ? 'behind' : 'ahead of';
  if (Math.abs(worst.skewMs) <= MAX_SKEW_MS) return ok(`within ${seconds} s of the clock of ${worst.host}`);
  return warning(
    `this clock is ${seconds} s ${relation} that of ${worst.host}`,
    'Set the clock of this machine (NTP). Audit entries and waits until a date go by it.',
  );
}

/**
 * @param {Patient} patient
 * @param {'authUrl' | 'apiUrl'} field
 */
async function ask(patient, field) {
  const url = new URL(String(patient.settings?.[field]));
  const isTokenEndpoint = field === 'authUrl';
  const found = await probe(patient.auth, url, { isTokenEndpoint, signal: patient.signal });
  if (found.reached && found.skewMs !== undefined) {
    patient.clocks.push({ host: url.host, skewMs: found.skewMs });
  }
  return { url, found };
}

/**
 * One request, whichever check wants it first.
 * @param {Patient} patient
 */
function requestToken(patient) {
  const { auth, signal, library } = patient;
  patient.token ??= (async () => {
    try {
      await auth?.getAccessToken({ signal });
      return { ok: /** @type {const} */ (true) };
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      if (!library?.isDtmfError(error)) throw error;
      return { ok: /** @type {const} */ (false), error };
    }
  })();
  return patient.token;
}

/**
 * Servers refuse a scope in two ways: they grant less, or answer `invalid_scope` (RFC 6749 §5.2).
 * @param {import('../../index.js').DtmfError} error
 */
function isAboutScope({ code, response }) {
  return (
    code === 'ERR_DTMF_SCOPE' ||
    /** @type {{ error?: unknown } | null | undefined} */ (response?.data)?.error === 'invalid_scope'
  );
}

/**
 * @param {Patient} patient
 * @param {'authUrl' | 'apiUrl'} field
 */
function way({ settings, env }, field) {
  const variable = field === 'authUrl' ? 'CXONE_AUTH_URL' : 'CXONE_API_URL';
  const advice = `Check ${variable}, the DNS and the firewall; for a certificate NODE_EXTRA_CA_CERTS.`;
  const ignored = settings?.proxy === undefined ? variablesSet(env) : [];
  return ignored.length > 0 ? `${advice} ${ignored.join(', ')} was ignored: try --proxy env.` : advice;
}

module.exports = { authHost, token, scope, apiHost, clock };
