'use strict';

// One injection that works and one that does not.
//
//   node examples/basic.js
//
// It runs against the simulator. For the platform take your own authUrl, apiUrl, clientId and clientSecret.

const { CXoneAuthClient, DtmfInjector, isDtmfError } = require('cxone-dtmf');
const { startSimulator } = require('cxone-dtmf/simulator');

async function main() {
  const simulator = await startSimulator();
  simulator.addCall('call-1');

  const authClient = new CXoneAuthClient(simulator.auth);
  // Without `logger: false` the injector writes JSON lines to standard output.
  const injector = new DtmfInjector(authClient, { apiUrl: simulator.url, logger: false });
  const call = { telephonyProviderId: 'provider-1', lineId: 'line-1', callId: 'call-1' };

  const { audit } = await injector.injectDTMF({
    ...call,
    dtmfString: '1234#',
    dtmfType: 'RFC2833',
    interDigitPause: 100,
  });
  console.log('accepted:', audit);

  // The platform presses the digits, and then the connection breaks.
  simulator.script([{ cut: 'after-execute' }]);
  try {
    await injector.injectDTMF({ ...call, dtmfString: '7', dtmfType: 'RFC2833', interDigitPause: 100 });
  } catch (error) {
    if (!isDtmfError(error)) throw error;
    if (error.delivery === 'unknown') {
      console.log(`nobody knows (${error.code}): look at the call before you press anything again`);
    } else {
      console.log(`certainly not pressed (${error.code}): ${error.message}`);
    }
  }

  await injector.close();
  await simulator.stop();
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
