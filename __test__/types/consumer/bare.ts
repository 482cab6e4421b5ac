// A program whose compiler knows of no runtime: neither Node.js nor a browser. `../../compilers.test.js` has it compiled.

import {
  CXoneAuthClient,
  DtmfInjector,
  injectWithRetry,
  isDtmfError,
  type AbortSignalLike,
  type CtiEvent,
  type InjectionParams,
} from 'cxone-dtmf';
import { startSimulator, type Simulator } from 'cxone-dtmf/simulator';

const params: InjectionParams = {
  telephonyProviderId: 'provider-1',
  lineId: 'line-1',
  callId: 'call-1',
  dtmfString: '1234#',
  dtmfType: 'RFC2833',
  interDigitPause: 100,
};

interface Answer {
  readonly id: string;
}

async function press(simulator: Simulator, signal: AbortSignalLike, seen: CtiEvent[]): Promise<string> {
  const auth = new CXoneAuthClient({ ...simulator.auth, logger: false });
  await auth.getAccessToken({ signal });
  const injector = new DtmfInjector(auth, { apiUrl: simulator.url, logger: false });
  const unregister = injector.registerCTIMonitor((event) => void seen.push(event));
  try {
    const { data } = await injector.injectDTMF<Answer>(params, { signal });
    await injector.withChannelLock('call-1', (lock) => injector.injectDTMF(params, { lock }), { signal });
    await injectWithRetry(injector, { ...params, dtmfString: new Uint8Array(4) }, 3, { signal });
    return data.id;
  } catch (error) {
    if (isDtmfError(error) && error.delivery === 'unknown') return error.docs;
    throw error;
  } finally {
    unregister();
    await injector.close();
  }
}

export async function main(signal: AbortSignalLike): Promise<string> {
  const simulator = await startSimulator({ autoCalls: true });
  const id = await press(simulator, signal, []);
  await simulator.stop();
  return id;
}

export async function mistakes(auth: CXoneAuthClient, injector: DtmfInjector): Promise<void> {
  // @ts-expect-error a number is no signal
  await injector.injectDTMF(params, { signal: 42 });
  // @ts-expect-error nor is an object
  await injectWithRetry(injector, params, 3, { signal: {} });
  // @ts-expect-error nor is text
  await injector.acquireChannelLock('call-1', { signal: 'now' });
  // @ts-expect-error nor is a function
  await auth.getAccessToken({ signal: () => true });
  // @ts-expect-error a token source is given a signal
  new DtmfInjector({ getAccessToken: async ({ signal }) => signal }, { apiUrl: 'https://api.example' });
  // @ts-expect-error params of the other profile
  await injector.injectDTMF({ sessionId: 'session-1', dtmfString: '1' });
  // @ts-expect-error a logger takes all three levels
  new DtmfInjector(auth, { apiUrl: 'https://api.example', logger: { info() {} } });
  // @ts-expect-error digits are text or bytes
  await injector.injectDTMF({ ...params, dtmfString: 1234 });
  // @ts-expect-error the simulator takes no such option
  await startSimulator({ ports: 1 });
}
