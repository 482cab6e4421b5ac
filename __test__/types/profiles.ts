// Which params an injector takes, by its `api`, and what its answers are taken for.

import {
  DtmfInjector,
  injectWithRetry,
  type AnyInjectionParams,
  type InjectionParams,
  type InjectionResult,
  type InjectorConfig,
  type SessionConfig,
  type SessionParams,
  type TelephonyConfig,
  type TokenSource,
  type WireProfile,
} from '../../index.js';
import { holds, type Same } from './expect.js';

const call: InjectionParams = {
  telephonyProviderId: 'provider',
  lineId: 'line',
  callId: 'call',
  dtmfString: '1234#',
  dtmfType: 'RFC2833',
  interDigitPause: 150,
};
const session: SessionParams = { sessionId: 'session', dtmfString: '1', toneDuration: 120 };

declare const tokens: TokenSource;
declare const anyConfig: InjectorConfig;
declare const anyApi: WireProfile;
declare const anyParams: AnyInjectionParams;
declare const telephonyConfig: TelephonyConfig;
declare const sessionConfig: SessionConfig;

const apiUrl = 'https://api.example';
const byDefault = new DtmfInjector(tokens, { apiUrl });
const telephony = new DtmfInjector(tokens, { apiUrl, api: 'telephony-v2' });
const agent = new DtmfInjector(tokens, { apiUrl, api: 'agent-session', pauses: true });
const either = new DtmfInjector(tokens, { apiUrl, api: anyApi } as InjectorConfig);

holds<Same<typeof byDefault, DtmfInjector>>();
holds<Same<typeof byDefault, DtmfInjector<'telephony-v2'>>>();
holds<Same<typeof telephony, DtmfInjector>>();
holds<Same<typeof agent, DtmfInjector<'agent-session'>>>();
holds<Same<typeof either, DtmfInjector<WireProfile>>>();

// A config that was written down elsewhere says it as well.
export const fromVariables = {
  telephony: new DtmfInjector(tokens, telephonyConfig) satisfies DtmfInjector,
  agent: new DtmfInjector(tokens, sessionConfig) satisfies DtmfInjector<'agent-session'>,
  either: new DtmfInjector(tokens, anyConfig) satisfies DtmfInjector<WireProfile>,
};
// @ts-expect-error the type says one profile, the config the other
export const contrary: DtmfInjector = new DtmfInjector(tokens, { apiUrl, api: 'agent-session' });
// @ts-expect-error an option of the other profile, though the type parameter is written
new DtmfInjector<'telephony-v2'>(tokens, { apiUrl, allowAToD: true });

export async function params(): Promise<void> {
  await byDefault.injectDTMF(call);
  await agent.injectDTMF({ ...session, contactId: 'contact', maskRecording: true });
  await either.injectDTMF(call);
  await either.injectDTMF(session);
  await either.injectDTMF(anyParams);

  // @ts-expect-error a session into a call
  await byDefault.injectDTMF(session);
  // @ts-expect-error a call into a session
  await agent.injectDTMF(call);
  // @ts-expect-error the injector may be one of sessions
  await byDefault.injectDTMF(anyParams);
  // @ts-expect-error one profile or the other
  await either.injectDTMF({ ...call, sessionId: 'session' });
  // @ts-expect-error the session is missing
  await agent.injectDTMF({ dtmfString: '1' });
  // @ts-expect-error that profile has no such choice
  await agent.injectDTMF({ ...session, dtmfType: 'RFC2833' });

  const { playoutMs } = await agent.injectDTMF(session);
  holds<Same<typeof playoutMs, number | undefined>>();
}

export async function paramsWithRetry(): Promise<void> {
  await injectWithRetry(byDefault, call);
  await injectWithRetry(agent, session, 5, { deadlineMs: 1000 });
  await injectWithRetry(either, anyParams);

  // @ts-expect-error a session into a call
  await injectWithRetry(byDefault, session);
  // @ts-expect-error a call into a session
  await injectWithRetry(agent, call);
  // @ts-expect-error the same, with a type for the answer
  await injectWithRetry<object>(agent, call);
  // @ts-expect-error the third argument says it
  await injectWithRetry(agent, session, 3, { maxAttempts: 2 });
}

export async function answers(): Promise<void> {
  interface Answer {
    readonly id: string;
  }
  const one = await byDefault.injectDTMF<Answer>(call);
  holds<Same<typeof one, InjectionResult<Answer>>>();
  holds<Same<typeof one.data.id, string>>();
  const two = await injectWithRetry<Answer>(byDefault, call, 2);
  holds<Same<typeof two.data, Answer>>();
  const three = await injectWithRetry<Answer>(agent, session);
  holds<Same<typeof three.data, Answer>>();
  const four = await injectWithRetry<Answer | null>(either, anyParams);
  // @ts-expect-error an empty answer is null, and here the program says so
  four.data.id;
  const untold = await injectWithRetry(byDefault, call);
  holds<Same<typeof untold, InjectionResult<unknown>>>();
  // @ts-expect-error nothing is known of an answer
  untold.data.id;
}

// Stand-ins of tests, and wrappers of a program's own.
export async function standIns(mock: { injectDTMF(...args: any[]): any }): Promise<void> {
  await injectWithRetry({ injectDTMF: async () => ({ success: true }) }, call);
  await injectWithRetry({ injectDTMF: () => undefined }, session);
  await injectWithRetry(mock, call);
  const own = { injectDTMF: async (_params: { readonly callId: string }, _options?: object) => 'pressed' };
  const told = await injectWithRetry(own, { callId: 'call' });
  holds<Same<typeof told, string>>();
  // @ts-expect-error this one wants a call
  await injectWithRetry(own, { sessionId: 'session' });
  // @ts-expect-error it presses nothing
  await injectWithRetry({ press: async () => ({ success: true }) }, call);
}

// What takes any injector says so.
export async function wrapped(injector: Pick<DtmfInjector, 'injectDTMF'>): Promise<unknown> {
  return await injectWithRetry(injector, call);
}
void wrapped(byDefault);
void wrapped(either);
// @ts-expect-error it cannot press into calls
void wrapped(agent);
