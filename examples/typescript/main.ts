// What an error tells, by its types: `delivery` and `code` are unions, and each member knows the other's values.
//
//   npx tsc -p examples/typescript
//   node target/examples/typescript/main.js

import {
  CXoneAuthClient,
  DtmfInjector,
  injectWithRetry,
  isDtmfError,
  type CtiEvent,
  type DtmfError,
  type InjectionParams,
} from 'cxone-dtmf';
import { startSimulator, type Step } from 'cxone-dtmf/simulator';

const params: InjectionParams = {
  telephonyProviderId: 'provider-1',
  lineId: 'line-1',
  callId: 'call-1',
  dtmfString: '1234#',
  dtmfType: 'RFC2833',
  interDigitPause: 100,
};

/** What a program does next. */
type Next = 'correct the program' | 'try again later' | 'give up' | 'ask the call';

/** `delivery` first, since it says what is known of the digits; then `code`. */
function nextAfter(error: DtmfError): Next {
  if (error.delivery === 'unknown') {
    // Here the types know that `error.safeToResend` is false.
    const never: false = error.safeToResend;
    return never || 'ask the call';
  }
  switch (error.code) {
    case 'ERR_DTMF_INVALID':
    case 'ERR_DTMF_SCOPE':
      return 'correct the program';
    case 'ERR_DTMF_REJECTED':
    case 'ERR_DTMF_FORBIDDEN':
      return 'give up';
    default:
      return error.retryable ? 'try again later' : 'give up';
  }
}

function show(event: CtiEvent): void {
  switch (event.event) {
    case 'dtmf.injected':
      console.log(`pressed ${event.payload.dtmf} after ${event.auditEntry.attempts} attempts`);
      break;
    case 'dtmf.retrying':
      console.log(`attempt ${event.attempt} failed (${event.reason})`);
      break;
    case 'dtmf.failed':
      console.log(`failed: ${event.auditEntry.code ?? 'no code'}`);
      break;
  }
}

async function main(): Promise<void> {
  const simulator = await startSimulator();
  simulator.addCall(params.callId);
  const injector = new DtmfInjector(new CXoneAuthClient(simulator.auth), {
    apiUrl: simulator.url,
    logger: false,
  });
  injector.registerCTIMonitor(show);

  const faults: Step[] = [{ status: 500 }, {}, { status: 404 }, { cut: 'after-execute' }];
  simulator.script(faults);

  // The first injection meets the 500 and the answer after it.
  for (let n = 0; n < 3; n += 1) {
    try {
      await injectWithRetry(injector, params);
    } catch (error) {
      if (!isDtmfError(error)) throw error;
      console.log(`${error.delivery}: ${nextAfter(error)}`);
    }
  }

  await injector.close();
  await simulator.stop();
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
