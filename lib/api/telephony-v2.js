'use strict';

/**
 * The JavaScript side of the tutorial's profile: what is read of params, and what entries and events show of it.
 */

const { textOrNull, numberOrNaN } = require('../options.js');

/**
 * @param {any} params
 * @param {string | Uint8Array | null} dtmfString read of them before
 */
function read(params, dtmfString) {
  return {
    telephonyProviderId: textOrNull(params.telephonyProviderId),
    lineId: textOrNull(params.lineId),
    callId: textOrNull(params.callId),
    dtmfString,
    dtmfType: textOrNull(params.dtmfType),
    interDigitPause: numberOrNaN(params.interDigitPause),
  };
}

/**
 * @param {any} native
 * @param {number} id
 * @param {ReturnType<typeof read>} asked
 * @param {import('../injector-side.js').Terms} terms
 * @returns {boolean} whether it has ended already
 */
function inject(native, id, asked, { lock, aborted, options }) {
  return native.inject(
    id,
    asked.telephonyProviderId,
    asked.lineId,
    asked.callId,
    asked.dtmfString,
    asked.dtmfType,
    asked.interDigitPause,
    lock,
    aborted,
    options,
  );
}

/** @param {ReturnType<typeof read>} asked */
function entryFields({ dtmfType, interDigitPause }) {
  return { dtmfType, interDigitPause };
}

/**
 * The body as it was sent, with what may be shown of the digits.
 * @param {ReturnType<typeof read>} asked
 * @param {string} dtmf
 */
function payload({ dtmfType, interDigitPause }, dtmf) {
  return { dtmf, dtmfType, interDigitPause };
}

module.exports = { read, inject, entryFields, payload };
