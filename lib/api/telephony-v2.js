'use strict';

/**
 * The JavaScript side of the tutorial's profile: what is read of params, and what entries and events show of it.
 */

const { textOrNull, numberOrNaN } = require('../options.js');
const { paramOf } = require('../own.js');
const { packed } = require('../packed.js');

/**
 * @param {object} params
 * @param {string | Uint8Array | null} dtmfString read of them before
 */
function read(params, dtmfString) {
  return {
    telephonyProviderId: textOrNull(paramOf(params, 'telephonyProviderId')),
    lineId: textOrNull(paramOf(params, 'lineId')),
    callId: textOrNull(paramOf(params, 'callId')),
    dtmfType: textOrNull(paramOf(params, 'dtmfType')),
    interDigitPause: numberOrNaN(paramOf(params, 'interDigitPause')),
    dtmfString,
  };
}

/** @typedef {ReturnType<typeof read>} Asked */

/**
 * @param {Asked} asked
 * @param {string | null} dtmfString
 */
function pack({ telephonyProviderId, lineId, callId, dtmfType, interDigitPause }, dtmfString) {
  return packed([telephonyProviderId, lineId, callId, dtmfType, interDigitPause, dtmfString]);
}

/** @param {Asked} asked */
function entryFields({ dtmfType, interDigitPause }) {
  return { dtmfType, interDigitPause };
}

/**
 * The body as it was sent, with what may be shown of the digits.
 * @param {Asked} asked
 * @param {string} dtmf
 */
function payload({ dtmfType, interDigitPause }, dtmf) {
  return { dtmf, dtmfType, interDigitPause };
}

module.exports = { read, pack, entryFields, payload };
