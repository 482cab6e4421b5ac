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
 */
function inject(native, id, asked, { lock, aborted, options }) {
  const { telephonyProviderId, lineId, callId, dtmfString, dtmfType, interDigitPause } = asked;
  // Bytes are wiped, and a text made of them could not be. What is missing has no place in a text.
  const joins =
    typeof dtmfString === 'string' &&
    telephonyProviderId !== null &&
    lineId !== null &&
    callId !== null &&
    dtmfType !== null;
  if (joins) {
    const joined = `${telephonyProviderId}\0${lineId}\0${callId}\0${dtmfType}\0${dtmfString}`;
    if (native.injectJoined(id, joined, interDigitPause, lock, aborted, options)) return;
  }
  native.inject(
    id,
    telephonyProviderId,
    lineId,
    callId,
    dtmfString,
    dtmfType,
    interDigitPause,
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
