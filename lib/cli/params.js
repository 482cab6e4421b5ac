'use strict';

/**
 * The params of one injection, in the words of its API.
 */

const { UsageError } = require('./usage-error.js');

const DAY_MS = 86_400_000;

/** What the tutorial's API cannot do without; sessions have defaults of their own, in the library. */
const DEFAULT_TYPE = 'RFC2833';
const DEFAULT_PAUSE = 100;

/** @type {import('./arguments.js').OptionSpecs} */
const PARAM_OPTIONS = Object.freeze({
  type: { type: 'string' },
  tone: { type: 'string', whole: [0, DAY_MS] },
  pause: { type: 'string', whole: [0, DAY_MS] },
  split: { type: 'boolean' },
  pauses: { type: 'boolean' },
  'allow-a-to-d': { type: 'boolean' },
  'mask-recording': { type: 'boolean' },
  focus: { type: 'boolean' },
  follow: { type: 'boolean' },
  unguarded: { type: 'boolean' },
});

/** Options that one API has and the other has not. */
const OPTIONS_OF = Object.freeze({
  'telephony-v2': ['type'],
  'agent-session': ['tone', 'pauses', 'allow-a-to-d', 'mask-recording', 'focus', 'follow', 'unguarded'],
});

/**
 * An option that does nothing would be worse than one that is refused: without its mask a recording has the digits.
 * @param {import('./arguments.js').Values} values
 * @param {import('./settings.js').Settings} settings
 */
function checkOptions(values, { api, contactId }) {
  const other = api === 'telephony-v2' ? 'agent-session' : 'telephony-v2';
  const foreign = OPTIONS_OF[other].find((option) => values[option] !== undefined);
  if (foreign) {
    throw new UsageError(
      `--${foreign} does not belong to api ${api}`,
      other === 'agent-session'
        ? 'Name a session with --session, or set --api agent-session, or leave the option out.'
        : 'Leave it out: sessions have no such choice.',
    );
  }
  if (values['mask-recording'] && contactId === undefined) {
    throw new UsageError(
      '--mask-recording needs the contact whose recording is masked',
      'Set CXONE_CONTACT_ID or --contact.',
    );
  }
}

/**
 * Whether the session is followed while the digits are pressed.
 * @param {import('./arguments.js').Values} values
 */
function followsSession(values) {
  return values.follow === true || (values['mask-recording'] === true && !values.unguarded);
}

/**
 * @param {import('./arguments.js').Values} values
 * @param {import('./settings.js').Settings} settings
 * @param {string} dtmfString
 * @returns {any} what is missing in them is the library's to say
 */
function createParams(values, settings, dtmfString) {
  if (settings.api === 'agent-session') {
    return {
      sessionId: settings.sessionId,
      contactId: settings.contactId,
      dtmfString,
      toneDuration: values.tone,
      interDigitPause: values.pause,
      maskRecording: values['mask-recording'],
      focus: values.focus,
      unguarded: values.unguarded,
    };
  }
  const { telephonyProviderId, lineId, callId } = settings;
  return {
    telephonyProviderId,
    lineId,
    callId,
    dtmfString,
    dtmfType: values.type ?? DEFAULT_TYPE,
    interDigitPause: values.pause ?? DEFAULT_PAUSE,
  };
}

module.exports = {
  DAY_MS,
  DEFAULT_PAUSE,
  DEFAULT_TYPE,
  PARAM_OPTIONS,
  checkOptions,
  createParams,
  followsSession,
};
