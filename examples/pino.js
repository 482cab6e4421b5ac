'use strict';

// Log lines through pino. An object with a method `bindings()` is taken for pino, and gets the fields first.
// pino is no dependency of this package.
//
//   npm install pino
//   node examples/pino.js

const { pino } = require('pino');
const { CXoneAuthClient, DtmfInjector } = require('cxone-dtmf');
const { startSimulator } = require('cxone-dtmf/simulator');

async function main() {
  const simulator = await startSimulator();
  simulator.addCall('call-1');

  const logger = pino({ name: 'ivr' });
  const authClient = new CXoneAuthClient(simulator.auth);
  // A child logger puts its own fields on every line.
  const injector = new DtmfInjector(authClient, {
    apiUrl: simulator.url,
    logger: logger.child({ component: 'dtmf' }),
  });
  const press = (/** @type {string} */ callId) =>
    injector.injectDTMF({
      telephonyProviderId: 'provider-1',
      lineId: 'line-1',
      callId,
      dtmfString: '1234#',
      dtmfType: 'RFC2833',
      interDigitPause: 100,
    });

  await press('call-1');
  await press('call-that-ended').catch((error) => {
    // pino's serializer writes message, stack and fields. None of them holds a digit or a token.
    logger.error(error);
  });

  await injector.close();
  await simulator.stop();
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
