'use strict';

/**
 * The payload's rules as constants and as a function; both come from the engine.
 */

const native = require('./native.js');
const { DtmfError } = require('./errors.js');
const { textOrNull, numberOrNaN } = require('./options.js');

const constants = JSON.parse(native.dtmfConstants());

/** @type {Readonly<Record<string, readonly [number, number]>>} */
const DTMF_FREQUENCIES = Object.freeze(
  Object.fromEntries(
    Object.entries(constants.frequencies).map(([digit, pair]) => [digit, Object.freeze(pair)]),
  ),
);
/** @type {readonly string[]} */
const SUPPORTED_DTMF_TYPES = Object.freeze(constants.types);

/** @param {string} digits valid ones; pauses between them have no frequencies */
function frequenciesOf(digits) {
  const pairs = [...digits.toUpperCase()].map((digit) => /** @type {any} */ (DTMF_FREQUENCIES)[digit]);
  return pairs.filter((pair) => pair !== undefined).map((pair) => [...pair]);
}

/**
 * @param {unknown} dtmfString
 * @param {unknown} dtmfType
 * @param {unknown} interDigitPause
 */
function validateDtmfPayload(dtmfString, dtmfType, interDigitPause) {
  const answer = JSON.parse(
    native.validateDtmfPayload(textOrNull(dtmfString), textOrNull(dtmfType), numberOrNaN(interDigitPause)),
  );
  if (answer.error) throw new DtmfError(answer.error);
  return answer;
}

module.exports = {
  DTMF_FREQUENCIES,
  SUPPORTED_DTMF_TYPES,
  MAX_SEQUENCE_LENGTH: constants.maxSequenceLength,
  MIN_INTER_DIGIT_PAUSE: constants.minInterDigitPause,
  MAX_INTER_DIGIT_PAUSE: constants.maxInterDigitPause,
  DEFAULT_MAX_RETRIES: constants.maxRetries,
  DEFAULT_TONE_DURATION: constants.sessionToneDuration,
  DEFAULT_SESSION_PAUSE: constants.sessionInterDigitPause,
  frequenciesOf,
  validateDtmfPayload,
};
