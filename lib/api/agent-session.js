'use strict';

/**
 * The JavaScript side of the published profile: what is read of params, and what entries and events show of it.
 */

const { invalid } = require('../errors.js');
const { textOrNull, numberOrNaN } = require('../options.js');
const { DEFAULT_TONE_DURATION, DEFAULT_SESSION_PAUSE } = require('../payload.js');

const KNOWN = ['sessionId', 'dtmfString', 'toneDuration', 'interDigitPause', 'contactId', 'maskRecording'];

/**
 * @param {any} params
 * @param {string | Uint8Array | null} dtmfString read of them before
 */
function read(params, dtmfString) {
  const unknown = Object.keys(params).find((key) => !KNOWN.includes(key));
  if (unknown !== undefined) {
    throw invalid(`params.${unknown} is not known to api 'agent-session': it takes ${KNOWN.join(', ')}`);
  }
  const { maskRecording } = params;
  if (maskRecording !== undefined && typeof maskRecording !== 'boolean') {
    throw invalid('maskRecording must be true or false');
  }
  /** @param {unknown} value */
  const numberIfGiven = (value) => (value === undefined ? undefined : numberOrNaN(value));
  return {
    sessionId: textOrNull(params.sessionId),
    dtmfString,
    toneDuration: numberIfGiven(params.toneDuration),
    interDigitPause: numberIfGiven(params.interDigitPause),
    // What is no text breaks the rule of ids, as an empty one does.
    contactId: params.contactId === undefined ? undefined : (textOrNull(params.contactId) ?? ''),
    maskRecording: maskRecording === true,
  };
}

/**
 * @param {any} native
 * @param {number} id
 * @param {ReturnType<typeof read>} asked
 * @param {import('../injector-side.js').Terms} terms
 */
function inject(native, id, asked, { lock, aborted, options }) {
  native.injectIntoSession(
    id,
    asked.sessionId,
    asked.dtmfString,
    asked.toneDuration,
    asked.interDigitPause,
    asked.contactId,
    asked.maskRecording,
    lock,
    aborted,
    options,
  );
}

/** @param {ReturnType<typeof read>} asked */
const times = ({ toneDuration, interDigitPause }) => ({
  toneDuration: toneDuration ?? DEFAULT_TONE_DURATION,
  interDigitPause: interDigitPause ?? DEFAULT_SESSION_PAUSE,
});

/** @param {ReturnType<typeof read>} asked */
function entryFields(asked) {
  const { contactId, maskRecording } = asked;
  return { dtmfType: null, ...times(asked), ...(contactId !== undefined && { contactId }), maskRecording };
}

/**
 * The body as it was sent, with what may be shown of the digits.
 * @param {ReturnType<typeof read>} asked
 * @param {string} dtmfSequence
 */
function payload(asked, dtmfSequence) {
  const { toneDuration, interDigitPause } = times(asked);
  return { dtmfSequence, toneDurationMS: toneDuration, toneSpacingMS: interDigitPause };
}

module.exports = { read, inject, entryFields, payload };
