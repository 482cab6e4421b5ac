'use strict';

// A program in the way of the tutorial. With its classes in a file of its own, the next line would name that file.
const { CXoneAuthClient, DTMFInjector, injectWithRetry } = require('cxone-dtmf');

const { CXONE_URL, CXONE_CLIENT_ID, CXONE_CLIENT_SECRET, CXONE_PROVIDER_ID, CXONE_LINE_ID } = process.env;
const { CALL_ID, CODE } = process.env;

const tokens = new CXoneAuthClient({
  authUrl: CXONE_URL,
  clientId: CXONE_CLIENT_ID,
  clientSecret: CXONE_CLIENT_SECRET,
});
const keypad = new DTMFInjector(tokens, { apiUrl: CXONE_URL });

const show = (what, value) => console.log(`${what} ${JSON.stringify(value)}`);

keypad.registerCTIMonitor((event) => show('event', event));

async function enter(code) {
  const result = await injectWithRetry(keypad, {
    telephonyProviderId: CXONE_PROVIDER_ID,
    lineId: CXONE_LINE_ID,
    callId: CALL_ID,
    dtmfString: code,
    dtmfType: 'SIPINFO',
    interDigitPause: 220,
  });
  show('result', result ?? null);
}

enter(CODE).catch((error) => console.error(`failed ${error.message}`));
