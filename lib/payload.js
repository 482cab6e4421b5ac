'use strict';

/**
 * The payload's rules as constants and as a function; both come from the engine.
 */

const native = require('./native.js');
const { DtmfError } = require('./errors.js');
const { failureOf } = require('./failure.js');
const { word } = require('./packed.js');
const { ArrayIsArray, JSONParse } = require('./primordials.js');

const constants = JSONParse(native.dtmfConstants());

/** @type {Readonly<Record<string, readonly [number, number]>>} */
const DTMF_FREQUENCIES = Object.freeze(
  Object.fromEntries(
    Object.entries(constants.frequencies).map(([digit, pair]) => [digit, Object.freeze(pair)]),
  ),
);
/** @type {readonly string[]} */
const SUPPORTED_DTMF_TYPES = Object.freeze(constants.types);

/**
 * @param {unknown} dtmfString
 * @param {unknown} dtmfType
 * @param {unknown} interDigitPause
 */
function validateDtmfPayload(dtmfString, dtmfType, interDigitPause) {
  const packed = word(dtmfString) + word(dtmfType) + word(interDigitPause);
  const answer = JSONParse(native.validateDtmfPayload(packed));
  if (ArrayIsArray(answer)) throw new DtmfError(failureOf(answer[0], answer[1]));
  return answer;
}

module.exports = {
  /** The names of the options of an injection. @type {readonly string[]} */
  INJECTION_OPTIONS: constants.injectionOptions,
  DTMF_FREQUENCIES,
  SUPPORTED_DTMF_TYPES,
  MAX_SEQUENCE_LENGTH: constants.maxSequenceLength,
  MIN_INTER_DIGIT_PAUSE: constants.minInterDigitPause,
  MAX_INTER_DIGIT_PAUSE: constants.maxInterDigitPause,
  DEFAULT_MAX_RETRIES: constants.maxRetries,
  DEFAULT_TONE_DURATION: constants.sessionToneDuration,
  DEFAULT_SESSION_PAUSE: constants.sessionInterDigitPause,
  validateDtmfPayload,
};
