'use strict';

const { createClients } = require('./clients.js');
const { DIGIT_OPTIONS, readDigits } = require('./digits.js');
const { describe } = require('./failure.js');
const {
  DAY_MS,
  DEFAULT_PAUSE,
  DEFAULT_TYPE,
  PARAM_OPTIONS,
  checkOptions,
  createParams,
  followsSession,
} = require('./params.js');
const settings = require('./settings.js');
const { UsageError } = require('./usage-error.js');

/** As many as the tutorial's `injectWithRetry`; what may have been carried out is not sent again. */
const ATTEMPTS = 3;

const help = `Usage: cxone-dtmf inject [options]

Presses digits into a live call or an agent session. The digits come from standard input, or on a terminal from a
prompt that shows nothing of them. They are no argument: arguments can be read by other users and stay in the shell's
history.

${settings.SETTINGS_HELP}

Options:
  --type <type>      how the digits are played: RFC2833, SIPINFO or INBAND. Default: ${DEFAULT_TYPE}
  --pause <ms>       pause between two digits, 50 to 1000. Default: ${DEFAULT_PAUSE}, in sessions 120
  --split            digits that are more than one request takes, 16 or in sessions 20, go out in several, up to 128
  --attempts <n>     the most attempts. What may have been carried out is not sent again. Default: ${ATTEMPTS}
  --deadline <ms>    bound on the whole: token, waiting and all attempts. Default: 30000
  --digits-stdin     read the digits from standard input, and never ask for them
  --quiet            no log lines on standard error
  --json             one JSON object on standard output

Of sessions only:
  --tone <ms>        how long a tone sounds, 50 to 5000. Default: 120
  --pauses           , and w in the digits are half a second of silence, W is a second
  --allow-a-to-d     A, B, C and D are digits too
  --mask-recording   mask the recording of the contact while the digits play; implies --follow
  --follow           follow the session meanwhile: digits for --contact then go only while it hears them. The agent's own
                     window misses the events that come here
  --focus            bring the contact into focus first
  --unguarded        with --mask-recording: do not follow the session, and trust the platform's answer

Ctrl-C ends the injection and says what is known of the digits. With --mask-recording the command ends when the
recording is unmasked again.

Exit codes: 0 accepted, 2 usage or settings, 3 invalid digits or ids, 4 token, scope or right, 5 rejected,
6 rate limited, 7 no connection or out of time, 8 outcome unknown: do not send again blindly, 130 Ctrl-C.

Examples:
  cxone-dtmf inject --call call-1 < digits.txt
  cxone-dtmf inject --session 1234 --contact 5678 --mask-recording < digits.txt
`;

/** @type {import('./arguments.js').OptionSpecs} */
const options = {
  ...settings.SETTING_OPTIONS,
  ...DIGIT_OPTIONS,
  ...PARAM_OPTIONS,
  attempts: { type: 'string', whole: [1, 1_000_000] },
  deadline: { type: 'string', whole: [1, DAY_MS] },
  quiet: { type: 'boolean' },
};

/**
 * @param {import('./main.js').Context} context
 * @returns {Promise<number>}
 */
async function run({ values, env, stdin, stderr, output, signal }) {
  const found = settings.readSettings(values, env);
  checkOptions(values, found);
  const lacking = settings.missing(found, [...settings.accountFields(found), ...settings.idFields(found)]);
  if (lacking) throw new UsageError(lacking.message, lacking.hint);
  const library = require('../../index.js');
  const logger = values.quiet ? /** @type {const} */ (false) : logTo(output);
  const rules = { allowAToD: values['allow-a-to-d'], pauses: values.pauses };
  const { injector } = createClients(library, found, logger, rules);
  const params = createParams(values, found, await readDigits({ values, stdin, stderr, signal }));
  const limits = {
    maxAttempts: values.attempts ?? ATTEMPTS,
    deadlineMs: values.deadline,
    split: values.split,
    signal,
  };
  try {
    if (followsSession(values)) injector.followSession(params.sessionId);
    const result = await injector.injectDTMF(params, limits);
    const exitCode = tell(output, result);
    if (values['mask-recording'] && !values.quiet) output.say(untilUnmasked(result));
    return exitCode;
  } catch (error) {
    if (!library.isDtmfError(error)) throw error;
    return tellFailure(output, error);
  } finally {
    // Waits for the unmasking. Nothing of the end may change what was told.
    await injector.close({ timeoutMs: 1000 }).catch(() => {});
    if (injector.metrics().unmaskFailures > 0) {
      output.say('The recording could not be unmasked and has a hole from here on: unmask it by hand.');
    }
  }
}

/** @param {import('../../index.js').InjectionResult} result */
function untilUnmasked({ playoutMs = 0 }) {
  return `The recording is masked for another ${Math.ceil(playoutMs / 1000)} s, while the digits play; then this ends.`;
}

/**
 * The answer's data is left out: the platform may repeat the digits in it.
 * @param {import('./output.js').Output} output
 * @param {import('../../index.js').InjectionResult} result
 */
function tell(output, { audit, playoutMs }) {
  const { delivery, attempts } = audit;
  const plays = playoutMs !== undefined && { playoutMs };
  const facts = { ok: true, exitCode: 0, delivery, safeToResend: false, attempts, ...plays, audit };
  output.result(line(delivery, attempts, audit), facts);
  return 0;
}

/**
 * @param {import('./output.js').Output} output
 * @param {import('../../index.js').DtmfError} error
 */
function tellFailure(output, error) {
  const { exitCode, lines, json } = describe(error);
  output.result(line(error.delivery, error.attempts, error.audit), json);
  for (const text of lines) output.say(text);
  return exitCode;
}

/**
 * @param {string} delivery
 * @param {number} attempts
 * @param {import('../../index.js').AuditEntry | undefined} audit
 */
function line(delivery, attempts, audit) {
  const parts = [delivery, `attempts ${attempts}`];
  if (audit)
    parts.push(`${Math.round(audit.queuedMs + audit.latencyMs)} ms`, `injection ${audit.injectionId}`);
  if (audit?.playoutMs !== undefined) parts.push(`plays for ${audit.playoutMs} ms`);
  return parts.join('  ');
}

/** What a log line is worth repeating of an entry. */
const LOGGED = ['callId', 'injectionId', 'delivery', 'attempts', 'code'];

/** @param {import('./output.js').Output} output */
function logTo(output) {
  const write =
    (/** @type {string} */ level) =>
    (/** @type {string} */ message, /** @type {Record<string, unknown>} */ fields) => {
      const known = LOGGED.filter((name) => fields?.[name] !== undefined && fields[name] !== null);
      output.say([`${level}: ${message}`, ...known.map((name) => `${name}=${fields[name]}`)].join(' '));
    };
  return { info: write('info'), warn: write('warn'), error: write('error') };
}

module.exports = {
  name: 'inject',
  summary: 'press digits into a live call or an agent session',
  help,
  options,
  run,
};
