'use strict';

const assert = require('node:assert');

const { CXoneAuthClient, DTMFInjector, injectWithRetry } = require('cxone-dtmf');
const { startSimulator } = require('cxone-dtmf/simulator');

async function main() {
  const simulator = await startSimulator();
  simulator.addCall('call-1');
  const { authUrl, apiUrl, clientId, clientSecret } = simulator.credentials;
  const auth = new CXoneAuthClient({ authUrl, clientId, clientSecret });
  const injector = new DTMFInjector(auth, { apiUrl, logger: false });
  const result = await injectWithRetry(injector, {
    telephonyProviderId: 'provider-1',
    lineId: 'line-1',
    callId: 'call-1',
    dtmfString: '1234#',
    dtmfType: 'RFC2833',
    interDigitPause: 100,
  });
  assert.strictEqual(simulator.stats().executions, 1);
  await simulator.stop();
  console.log(result.audit.delivery);
}

main();
