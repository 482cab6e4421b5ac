import assert from 'node:assert/strict';
import { after, test } from 'node:test';

import { CXoneAuthClient, DtmfInjector } from 'cxone-dtmf';
import { startSimulator } from 'cxone-dtmf/simulator';

const simulator = await startSimulator({ autoCalls: true });
after(() => simulator.stop());

test('presses', async () => {
  const { authUrl, apiUrl, clientId, clientSecret } = simulator.credentials;
  const auth = new CXoneAuthClient({ authUrl, clientId, clientSecret });
  const injector = new DtmfInjector(auth, { apiUrl, logger: false });
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
