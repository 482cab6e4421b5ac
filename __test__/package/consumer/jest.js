'use strict';

const { CXoneAuthClient, DtmfError, DtmfInjector } = require('cxone-dtmf');
const { startSimulator } = require('cxone-dtmf/simulator');

let simulator;
let injector;

beforeEach(async () => {
  simulator = await startSimulator({ autoCalls: true });
  const auth = new CXoneAuthClient(simulator.auth);
  injector = new DtmfInjector(auth, { apiUrl: simulator.url, logger: false });
});

afterEach(() => simulator.stop());

const params = {
  telephonyProviderId: 'provider-1',
  lineId: 'line-1',
  callId: 'call-1',
  dtmfString: '1234#',
  dtmfType: 'RFC2833',
  interDigitPause: 100,
};

test('presses', async () => {
  await expect(injector.injectDTMF(params)).resolves.toMatchObject({ success: true });
  expect(simulator.executions()).toHaveLength(1);
});

test('fails as one of its errors', async () => {
  simulator.script([{ status: 403 }]);
  await expect(injector.injectDTMF(params)).rejects.toBeInstanceOf(DtmfError);
});
