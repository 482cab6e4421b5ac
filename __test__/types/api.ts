import {
  CXoneAuthClient,
  DTMFInjector,
  DTMF_FREQUENCIES,
  DtmfInjector,
  MAX_INTER_DIGIT_PAUSE,
  MAX_SEQUENCE_LENGTH,
  MIN_INTER_DIGIT_PAUSE,
  SUPPORTED_DTMF_TYPES,
  injectWithRetry,
  validateDtmfPayload,
  type ChannelLock,
  type DtmfSession,
  type DtmfType,
  type InjectionParams,
  type InjectionResult,
  type MetricsSnapshot,
  type SessionEvent,
  type TokenSource,
} from '../../index.js';
import { holds, type Same } from './expect.js';

holds<Same<typeof DTMFInjector, typeof DtmfInjector>>();
holds<Same<DTMFInjector, DtmfInjector>>();
holds<Same<typeof MAX_SEQUENCE_LENGTH, 16>>();
holds<Same<typeof MIN_INTER_DIGIT_PAUSE, 50>>();
holds<Same<typeof MAX_INTER_DIGIT_PAUSE, 1000>>();
holds<Same<typeof SUPPORTED_DTMF_TYPES, readonly DtmfType[]>>();
holds<Same<(typeof DTMF_FREQUENCIES)['#'], readonly [low: number, high: number]>>();
// @ts-expect-error not a key of the keypad
DTMF_FREQUENCIES['E'];
// @ts-expect-error constants stay as they are
DTMF_FREQUENCIES['1'] = [1, 2];

const params: InjectionParams = {
  telephonyProviderId: 'provider',
  lineId: 'line',
  callId: 'call',
  dtmfString: '1234#',
  dtmfType: 'RFC2833',
  interDigitPause: 150,
};

export async function use(): Promise<void> {
  const auth = new CXoneAuthClient({ authUrl: 'https://a', clientId: 'b', clientSecret: 'c' });
  holds<Same<ReturnType<typeof auth.getAccessToken>, Promise<string>>>();
  await auth.getAccessToken({ signal: AbortSignal.timeout(10) });
  auth.invalidateToken();
  holds<Same<typeof auth.token, string | null>>();
  holds<Same<typeof auth.tokenExpiry, number>>();
  auth.token = null;
  auth.tokenExpiry = 0;
  // @ts-expect-error it is a time
  auth.tokenExpiry = '0';
  holds<Same<typeof auth.config.authUrl, string>>();
  // @ts-expect-error the options are for reading
  auth.config = { authUrl: 'https://b' };
  // @ts-expect-error no secret is shown
  auth.config.clientSecret;

  const injector = new DTMFInjector(auth, { apiUrl: 'https://a' });
  holds<Same<typeof injector.authClient, TokenSource>>();
  holds<Same<typeof injector.config.apiUrl, string>>();
  // @ts-expect-error registerCTIMonitor adds one
  injector.ctiCallbacks.push(() => {});
  const result = await injector.injectDTMF(params, { maxAttempts: 2 });
  holds<Same<typeof result, InjectionResult<unknown>>>();
  holds<Same<typeof result.success, true>>();
  holds<Same<typeof result.data, unknown>>();

  await injectWithRetry(injector, params);
  await injectWithRetry(injector, params, 3, { deadlineMs: 1000 });
  // @ts-expect-error the third argument says it
  await injectWithRetry(injector, params, 3, { maxAttempts: 2 });
  // @ts-expect-error not every text is a way to play digits
  await injector.injectDTMF({ ...params, dtmfType: 'rfc2833' });
  // @ts-expect-error digits are text: a number loses its leading zeros
  await injector.injectDTMF({ ...params, dtmfString: 1234 });
  // @ts-expect-error the call is missing
  await injector.injectDTMF({ ...params, callId: undefined });

  const stop = injector.followSession('s');
  stop();
  for await (const event of stop) holds<Same<typeof event, SessionEvent>>();
  const started = await injector.startSession({ stationId: '1' });
  holds<Same<typeof started, DtmfSession>>();
  await started.injectDTMF({ dtmfString: '1', contactId: 7, focus: true });
  // @ts-expect-error the session is that of the handle
  await started.injectDTMF({ sessionId: 's', dtmfString: '1' });
  started.follow({
    recognition: (event) => (event['Type'] ? { injectionId: '', digitsRecognised: 1 } : undefined),
  });
  await started.end({ endContacts: true });
  // @ts-expect-error whose session it is has to be said
  await injector.joinSession({});

  const lock = await injector.acquireChannelLock('call', { timeoutMs: 100 });
  holds<Same<typeof lock, ChannelLock>>();
  holds<Same<typeof lock.callId, string>>();
  await injector.injectDTMF(params, { lock });
  await lock.release();
  await injector.releaseChannelLock();
  await injector.releaseChannelLock(lock);
  // @ts-expect-error a call id is not a lock
  await injector.releaseChannelLock('call');

  const value = await injector.withChannelLock('call', async (held) => held.callId.length);
  holds<Same<typeof value, number>>();
  const plain = await injector.withChannelLock('call', () => 'text');
  holds<Same<typeof plain, string>>();

  holds<Same<typeof injector.authClient, TokenSource>>();
  holds<Same<typeof injector.config.apiUrl, string>>();
  // @ts-expect-error nothing is added there
  injector.ctiCallbacks.push(() => {});
  // @ts-expect-error a new injector has another one
  injector.config = injector.config;
  await injectWithRetry({ injectDTMF: async (given) => injector.injectDTMF(given) }, params);
  const resolved = await injector.resolve('call', 'not-pressed');
  holds<Same<typeof resolved, boolean>>();
  const doubts = await injector.inDoubt();
  holds<Same<(typeof doubts)[number]['outcome'], 'unknown' | null>>();
  holds<
    Same<Awaited<ReturnType<typeof injector.blockInDoubt>>, Awaited<ReturnType<typeof injector.inDoubt>>>
  >();
  // @ts-expect-error one knows it, or does not say so
  await injector.resolve('call', 'unknown');

  const metrics = injector.metrics();
  holds<Same<(typeof metrics.inDoubt)[number]['contactId'], string | null>>();
  holds<Same<typeof metrics, MetricsSnapshot>>();
  holds<Same<typeof metrics.injections.notSent, number>>();
  holds<Same<typeof metrics.byCode, Record<string, number>>>();

  await injector.close({ timeoutMs: 100 });
  const disposable: AsyncDisposable = injector;
  const lockToo: AsyncDisposable = lock;
  void [disposable, lockToo];
}

export function payload(): void {
  const result = validateDtmfPayload('1', 'INBAND', 50);
  holds<Same<typeof result.valid, true>>();
  holds<Same<typeof result.frequencies, [low: number, high: number][]>>();
  // @ts-expect-error the pause is missing
  validateDtmfPayload('1', 'INBAND');
}
