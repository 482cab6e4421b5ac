'use strict';

// The program under test: it enters a caller's PIN and says what became of it.

const { injectWithRetry, isDtmfError } = require('cxone-dtmf');

/**
 * @param {import('cxone-dtmf').DtmfInjector} injector
 * @param {string} callId
 * @param {string} pin
 * @returns {Promise<'entered' | 'not entered' | 'ask the caller'>}
 */
async function enterPin(injector, callId, pin) {
  try {
    await injectWithRetry(injector, {
      telephonyProviderId: 'provider-1',
      lineId: 'line-1',
      callId,
      dtmfString: `${pin}#`,
      dtmfType: 'RFC2833',
      interDigitPause: 100,
    });
    return 'entered';
  } catch (error) {
    if (!isDtmfError(error)) throw error;
    return error.delivery === 'unknown' ? 'ask the caller' : 'not entered';
  }
}

module.exports = { enterPin };
