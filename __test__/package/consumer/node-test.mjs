import assert from 'node:assert/strict';
import { after, test } from 'node:test';

import { CXoneAuthClient, DtmfInjector } from 'cxone-dtmf';
import { startSimulator } from 'cxone-dtmf/simulator';

const simulator = await startSimulator({ autoCalls: true });
after(() => simulator.stop());

test('presses', async () => {
  const auth = new CXoneAuthClient(simulator.auth);
  const injector = new DtmfInjector(auth, { apiUrl: simulator.url, logger: false });
  const { audit } = await injector.injectDTMF({
    telephonyProviderId: 'provider-1',
    lineId: 'line-1',
    callId: 'call-1',
    dtmfString: '1234#',
    dtmfType: 'RFC2833',
    interDigitPause: 100,
  });
  assert.equal(audit.delivery, 'accepted');
  assert.equal(simulator.stats().executions, 1);
});
