// What a program gets besides where its compiler knows the runtime's own AbortSignal.

import { CXoneAuthClient, DtmfInjector, injectWithRetry, type InjectionParams } from 'cxone-dtmf';

export async function press(auth: CXoneAuthClient, params: InjectionParams): Promise<void> {
  const { signal } = new AbortController();
  const injector = new DtmfInjector(auth, { apiUrl: 'https://api.example' });
  await auth.getAccessToken({ signal });
  await injectWithRetry(injector, params, 3, { signal });
  await injector.acquireChannelLock(params.callId, { signal });
  // @ts-expect-error a controller is not its signal
  await injector.injectDTMF(params, { signal: new AbortController() });
}

/** What a source of its own is given goes on to whatever takes a signal. */
export const source = {
  async getAccessToken({ signal }: { readonly signal: AbortSignal }): Promise<string> {
    signal.throwIfAborted();
    return signal.aborted ? '' : 'token';
  },
};
new DtmfInjector(source, { apiUrl: 'https://api.example' });
new DtmfInjector(
  { getAccessToken: async ({ signal }) => source.getAccessToken({ signal }) },
  { apiUrl: 'https://api.example' },
);
