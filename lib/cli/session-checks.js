'use strict';

/**
 * The checks of `doctor` on agent sessions. Only `press` presses anything, and only where it was asked for.
 */

const { ok, warning, skipped, failed } = require('./checks.js');
const { createInjector } = require('./clients.js');
const { readDigits } = require('./digits.js');
const { EXIT, exitCodeOf } = require('./exit-codes.js');
const { SessionWatch } = require('./session-watch.js');
const { UsageError } = require('./usage-error.js');

/** @typedef {import('./checks.js').Patient} Patient */
/** @typedef {import('../../index.js').DtmfError} DtmfError */

/** How long a session is listened to: an answer that is there comes at once, and another poller has time to show. */
const LISTEN_MS = 3000;

/** The default; those that NICE's agent SDK 25.1.2 calls for other operations; and the one that the portal has. */
const VERSIONS = ['v23.0', 'v30.0', 'v31.0', 'v33.0', 'v34.0'];

const ENCODINGS = /** @type {const} */ (['json', 'query']);

/** @param {Patient} patient */
async function discovery(patient) {
  const { settings } = patient;
  if (settings?.apiUrl !== 'discover') return skipped('the address of the API is configured');
  const found = await askApi(patient);
  if (!found) return skipped('there is no token');
  if ('api' in found) return ok(`the API is at ${found.api}`);
  const advice = 'Name the address of your area with --api-url or CXONE_API_URL.';
  return failed(exitCodeOf(found.error), found.error.message, advice);
}

/** @param {Patient} patient */
async function versions(patient) {
  const found = await askApi(patient);
  if (!found) return skipped('there is no token');
  if ('error' in found) {
    if (patient.settings?.apiUrl === 'discover') return skipped('discovery comes first');
    return failed(exitCodeOf(found.error), found.error.message);
  }
  const asked = versionsOf(patient);
  const statuses = [...new Set(found.answers)].sort();
  const groups = statuses.map((status) => {
    const those = asked.filter((_, at) => found.answers[at] === status);
    return `${status} in ${those.join(', ')}`;
  });
  const message = `business-unit answers ${groups.join('; ')}`;
  const [own] = found.answers;
  if (own === 401) return failed(EXIT.AUTH, message, 'The API refuses a token that the token endpoint gave.');
  if (own !== 404) return ok(message);
  const other = asked.find((_, at) => /^2/.test(String(found.answers[at])));
  const advice = other
    ? `Pass --api-version ${other}, and apiVersion: '${other}' in your program.`
    : 'Check --api-url: no version answers there.';
  return warning(message, advice);
}

/** @param {Patient} patient */
async function session(patient) {
  const { values, settings, library, auth, signal } = patient;
  if (values.session === undefined) {
    const programs = 'another program that polls it under the same id misses what comes meanwhile';
    return skipped(`pass --session to have one listened to; ${programs}`);
  }
  if (!library || !auth || !settings?.sessionId || !(await isTokenThere(patient))) {
    return skipped('there is no token');
  }
  const watch = new SessionWatch(
    (logger) =>
      createInjector(library, auth, settings, /** @type {import('../../index.js').Logger} */ (logger)),
    settings.sessionId,
  );
  patient.watch = watch;
  await watch.listen(LISTEN_MS, signal);
  if (watch.trouble !== undefined) {
    const advice = 'Check --session and --api-version. A session that has ended is not there any more.';
    return failed(EXIT.REJECTED, `its events cannot be heard: ${watch.trouble}`, advice);
  }
  if (watch.hasEnded) return failed(EXIT.REJECTED, 'it has ended', 'Start or join another one.');
  const contacts = watch.snapshot?.contacts.length ?? 0;
  return ok(`events within ${LISTEN_MS / 1000} s: ${watch.events.length}; contacts: ${contacts}`);
}

/**
 * No answer names the other pollers of a session. What shows them is what they take, and that they make the platform begin anew.
 * @param {Patient} patient
 */
function pollers({ watch }) {
  if (!watch?.isThere) return skipped('the session comes first');
  const begun = watch.events.filter(({ type }) => type === 'AgentSessionStart').length;
  const advice = 'For events of your own, join: injector.joinSession({ asAgentId }).';
  if (begun === 0) {
    const maybe = 'a poll under this id may have taken it, so digits for a contact would wait';
    return warning(`the state of the session was not told: ${maybe}`, advice);
  }
  if (begun === 1) return skipped('nothing shows one, and none would have to show');
  return warning(`the session began anew ${begun} times: something else polls it under this id`, advice);
}

/** @param {Patient} patient */
function mask({ watch }) {
  if (!watch?.isThere) return skipped('the session comes first');
  const canMask = watch.snapshot?.canMask ?? null;
  if (canMask === null) return skipped('no event has said whether recordings can be masked');
  if (canMask) return ok('CanMask: recordings can be masked');
  const advice =
    'maskRecording fails in this session. Ask whoever runs the tenant to allow masking for its agent.';
  return warning('CanMask is False: recordings cannot be masked', advice);
}

/** @param {Patient} patient */
function contact({ watch, settings }) {
  if (!watch?.isThere) return skipped('the session comes first');
  const contacts = watch.snapshot?.contacts ?? [];
  const contactId = settings?.contactId;
  if (contactId === undefined) return skipped('none is named: --contact or CXONE_CONTACT_ID');
  const found = contacts.find((known) => known.contactId === contactId);
  if (!found)
    return warning('no event has told of it', 'Check --contact: the id changes when a call is transferred.');
  if (found.inFocus) return ok(`${found.state}, and in focus: it hears what is pressed`);
  return warning(
    `${found.state}, and not in focus: it hears nothing of what is pressed`,
    'inject --focus, or focus: true in your program, brings it there first.',
  );
}

/** @param {Patient} patient */
async function press(patient) {
  const { watch, digit } = patient;
  if (digit === undefined) return skipped('nothing is pressed without --press');
  if (!watch?.isThere) return skipped('the session comes first');
  /** @type {string[]} */
  const accepted = [];
  /** @type {{ encoding: string, error: DtmfError }[]} */
  const others = [];
  for (const encoding of ENCODINGS) {
    const error = await pressBy(patient, encoding, digit);
    if (error) others.push({ encoding, error });
    else accepted.push(encoding);
    // The next one would be pressed into a call of which nobody knows where it stands.
    if (error?.delivery === 'unknown') break;
  }
  const message = [
    ...(accepted.length > 0
      ? [`accepted as ${accepted.join(' and as ')}; whether it was heard, the call knows`]
      : []),
    ...others.map(({ encoding, error }) => `as ${encoding} ${error.delivery}: ${error.message}`),
  ].join('; ');
  const [first] = others;
  if (first && (accepted.length === 0 || first.error.delivery === 'unknown')) {
    return failed(exitCodeOf(first.error), message);
  }
  if (accepted.includes('json')) return ok(message);
  return warning(message, "Set encoding: 'query' in your program.");
}

/**
 * @param {Patient} patient
 * @param {'json' | 'query'} encoding
 * @param {string} dtmfString
 * @returns {Promise<DtmfError | undefined>} why it was not accepted
 */
async function pressBy({ library, auth, settings, signal }, encoding, dtmfString) {
  if (!library || !auth || !settings) throw new Error('a session is there without these');
  const injector = createInjector(library, auth, settings, false, { encoding });
  const { sessionId, contactId } = settings;
  try {
    const params = /** @type {unknown} */ ({ sessionId, contactId, dtmfString });
    await injector.injectDTMF(/** @type {import('../../index.js').AnyInjectionParams} */ (params), {
      signal,
    });
    return undefined;
  } catch (error) {
    if (!library.isDtmfError(error)) throw error;
    return error;
  } finally {
    await injector.close();
  }
}

/**
 * The digit of `--press`, before anything else is done.
 * @param {Parameters<typeof readDigits>[0]} from
 */
async function readDigit(from) {
  if (from.values.session === undefined) {
    throw new UsageError('--press needs a session', 'Name it with --session.');
  }
  const digit = await readDigits(from);
  if (!/^[0-9*#]$/.test(digit)) {
    throw new UsageError('--press takes one digit of 0-9 * #', 'Give one that does no harm in the call.');
  }
  return digit;
}

/** @param {Patient} patient */
async function isTokenThere({ token }) {
  return (await token)?.ok === true;
}

/**
 * One round of questions, whichever check wants it first; nothing without a token.
 * @param {Patient} patient
 */
async function askApi(patient) {
  const { library, auth, settings } = patient;
  if (!library || !auth || !settings || !(await isTokenThere(patient))) return undefined;
  patient.api ??= versionsAt(createInjector(library, auth, settings, false), versionsOf(patient));
  return patient.api;
}

/** The one that is used first. @param {Patient} patient */
function versionsOf({ settings }) {
  return [...new Set([settings?.apiVersion ?? VERSIONS[0], ...VERSIONS])];
}

/**
 * Loaded late: `doctor` has to begin where the addon cannot be loaded.
 * @param {import('../../index.js').DtmfInjector} injector
 * @param {string[]} asked
 * @returns {Promise<import('./checks.js').ApiOutcome>}
 */
async function versionsAt(injector, asked) {
  const lane = require('../lane.js');
  const { native, receiver } = require('../cores.js').coreOf(injector);
  try {
    const { value, error } = await lane.ask(receiver, (id) => native.askVersions(id, asked));
    if (!error) return /** @type {{ api: string, answers: number[] }} */ (value);
    const { DtmfError } = require('../errors.js');
    const wrong = /** @type {unknown} */ (new DtmfError(error));
    return { error: /** @type {import('../../index.js').DtmfError} */ (wrong) };
  } finally {
    await injector.close();
  }
}

module.exports = { discovery, versions, session, pollers, mask, contact, press, readDigit, LISTEN_MS };
