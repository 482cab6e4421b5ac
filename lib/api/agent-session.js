'use strict';

/**
 * The JavaScript side of the published profile: what is read of params, and what entries and events show of it.
 */

const { invalid } = require('../errors.js');
const { textOrNull, numberOrNaN } = require('../options.js');
const { paramOf } = require('../own.js');
const { packed } = require('../packed.js');
const { ObjectKeys } = require('../primordials.js');
const { DEFAULT_TONE_DURATION, DEFAULT_SESSION_PAUSE } = require('../payload.js');

const KNOWN = ['sessionId', 'dtmfString', 'toneDuration', 'interDigitPause', 'contactId', 'maskRecording'];

/** The greatest number up to which JavaScript tells all whole ones apart. */
const MOST_EXACT = 2 ** 53 - 1;

/**
 * @param {object} params
 * @param {string | Uint8Array | null} dtmfString read of them before
 */
function read(params, dtmfString) {
  const unknown = ObjectKeys(params).find((key) => !KNOWN.includes(key));
  if (unknown !== undefined) {
    throw invalid(`params.${unknown} is not known to api 'agent-session': it takes ${KNOWN.join(', ')}`);
  }
  const maskRecording = paramOf(params, 'maskRecording');
  if (maskRecording !== undefined && typeof maskRecording !== 'boolean') {
    throw invalid('maskRecording must be true or false');
  }
  return {
    sessionId: textOrNull(paramOf(params, 'sessionId')),
    toneDuration: numberIfGiven(paramOf(params, 'toneDuration')),
    interDigitPause: numberIfGiven(paramOf(params, 'interDigitPause')),
    contactId: contactOf(paramOf(params, 'contactId')),
    maskRecording: maskRecording === true,
    dtmfString,
  };
}

/** @typedef {ReturnType<typeof read>} Asked */

/**
 * The platform writes contact ids as numbers in some places and as text in others. What is neither breaks the rule of
 * ids, as an empty text does.
 * @param {unknown} value
 */
function contactOf(value) {
  if (value === undefined) return undefined;
  if (typeof value !== 'number') return textOrNull(value) ?? '';
  if (value >= 0 && value <= MOST_EXACT && value % 1 === 0) return `${value}`;
  throw invalid(`contactId must be text, or a whole number from 0 to ${MOST_EXACT}`);
}

/** @param {unknown} value */
function numberIfGiven(value) {
  return value === undefined ? undefined : numberOrNaN(value);
}

/**
 * @param {Asked} asked
 * @param {string | null} dtmfString
 */
function pack({ sessionId, toneDuration, interDigitPause, contactId, maskRecording }, dtmfString) {
  return packed([sessionId, toneDuration, interDigitPause, contactId, maskRecording, dtmfString]);
}

/** @param {Asked} asked */
const times = ({ toneDuration, interDigitPause }) => ({
  toneDuration: toneDuration ?? DEFAULT_TONE_DURATION,
  interDigitPause: interDigitPause ?? DEFAULT_SESSION_PAUSE,
});

/** @param {Asked} asked */
function entryFields(asked) {
  const { contactId, maskRecording } = asked;
  return { dtmfType: null, ...times(asked), ...(contactId !== undefined && { contactId }), maskRecording };
}

/**
 * The body as it was sent, with what may be shown of the digits.
 * @param {Asked} asked
 * @param {string} dtmfSequence
 */
function payload(asked, dtmfSequence) {
  const { toneDuration, interDigitPause } = times(asked);
  return { dtmfSequence, toneDurationMS: toneDuration, toneSpacingMS: interDigitPause };
}

module.exports = { read, pack, entryFields, payload };
