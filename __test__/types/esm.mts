import * as module from '../../index.mjs';
import {
  CXoneAuthClient,
  DTMFInjector,
  DtmfInjector,
  injectWithRetry,
  isDtmfError,
  type CtiEvent,
  type DtmfError,
} from '../../index.mjs';
import { holds, type Same } from './expect.js';

holds<Same<typeof DTMFInjector, typeof DtmfInjector>>();
holds<Same<typeof module.default.DtmfInjector, typeof DtmfInjector>>();
holds<
  Same<
    keyof typeof module,
    | 'CXoneAuthClient'
    | 'DTMFInjector'
    | 'DTMF_FREQUENCIES'
    | 'DtmfError'
    | 'DtmfInjector'
    | 'MAX_INTER_DIGIT_PAUSE'
    | 'MAX_SEQUENCE_LENGTH'
    | 'MIN_INTER_DIGIT_PAUSE'
    | 'SUPPORTED_DTMF_TYPES'
    | 'default'
    | 'injectWithRetry'
    | 'isDtmfError'
    | 'validateDtmfPayload'
  >
>();

export async function use(seen: CtiEvent[]): Promise<DtmfError | undefined> {
  const auth = new CXoneAuthClient({ authUrl: 'https://a', clientId: 'b', clientSecret: 'c' });
  const injector = new DtmfInjector(auth, { apiUrl: 'https://a' });
  injector.registerCTIMonitor((event) => void seen.push(event));
  try {
    await injectWithRetry(injector, {
      telephonyProviderId: 'p',
      lineId: 'l',
      callId: 'c',
      dtmfString: '1',
      dtmfType: 'SIPINFO',
      interDigitPause: 50,
    });
  } catch (caught) {
    if (isDtmfError(caught)) return caught;
    throw caught;
  }
  return undefined;
}
