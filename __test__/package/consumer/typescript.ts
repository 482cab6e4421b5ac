import cxoneDtmf, { CXoneAuthClient, DtmfInjector, isDtmfError } from 'cxone-dtmf';
import type { AuditEntry, InjectionParams, InjectionResult } from 'cxone-dtmf';
import { startSimulator } from 'cxone-dtmf/simulator';
import type { Execution, Simulator } from 'cxone-dtmf/simulator';

const params: InjectionParams = {
  telephonyProviderId: 'provider-1',
  lineId: 'line-1',
  callId: 'call-1',
  dtmfString: '1234#',
  dtmfType: 'RFC2833',
  interDigitPause: 100,
};

// @ts-expect-error: the typings are there, not `any`
const wrong: InjectionParams = { ...params, dtmfType: 'MORSE' };

async function pressed(simulator: Simulator): Promise<AuditEntry> {
  const auth = new CXoneAuthClient(simulator.auth);
  const injector: DtmfInjector = new cxoneDtmf.DtmfInjector(auth, { apiUrl: simulator.url, logger: false });
  try {
    await injector.injectDTMF(wrong);
  } catch (error) {
    if (!isDtmfError(error) || error.delivery !== 'not-sent') throw error;
  }
  const result: InjectionResult = await injector.injectDTMF(params);
  return result.audit;
}

async function main(): Promise<void> {
  const simulator = await startSimulator();
  simulator.addCall('call-1');
  const { delivery } = await pressed(simulator);
  const executions: Execution[] = simulator.executions();
  await simulator.stop();
  console.log(executions.length === 1 ? delivery : 'not pressed once');
}

void main();
