import assert from 'node:assert';

import cxoneDtmf, { CXoneAuthClient, DtmfInjector } from 'cxone-dtmf';
import { startSimulator } from 'cxone-dtmf/simulator';

const simulator = await startSimulator();
simulator.addCall('call-1');
const auth = new CXoneAuthClient(simulator.auth);
const injector = new DtmfInjector(auth, { apiUrl: simulator.url, logger: false });
const result = await injector.injectDTMF({
  telephonyProviderId: 'provider-1',
  lineId: 'line-1',
  callId: 'call-1',
  dtmfString: '1234#',
  dtmfType: 'RFC2833',
  interDigitPause: 100,
});
assert.strictEqual(simulator.stats().executions, 1);
assert.strictEqual(cxoneDtmf.DtmfInjector, DtmfInjector);
await simulator.stop();
console.log(result.audit.delivery);
