'use strict';

// Through the menu of an IVR: several sequences into one call, with nobody between them.
//
//   node examples/ivr-menu.js

const { setTimeout: wait } = require('node:timers/promises');

const { CXoneAuthClient, DtmfInjector, isDtmfError } = require('cxone-dtmf');
const { startSimulator } = require('cxone-dtmf/simulator');

const CALL = 'call-1';

/** What the IVR asks for, in its order. `promptMs` is how long it speaks before it listens. */
const MENU = [
  { name: 'language', digits: '1', promptMs: 100 },
  { name: 'service', digits: '3', promptMs: 100 },
  { name: 'account number', digits: '40815162#', promptMs: 200 },
];

async function main() {
  const simulator = await startSimulator({ timeScale: 0.1 });
  simulator.addCall(CALL);
  const injector = new DtmfInjector(new CXoneAuthClient(simulator.auth), {
    apiUrl: simulator.url,
    logger: false,
  });

  /**
   * @param {string} dtmfString
   * @param {import('cxone-dtmf').InjectionOptions} [options]
   */
  const press = (dtmfString, options) =>
    injector.injectDTMF(
      {
        telephonyProviderId: 'provider-1',
        lineId: 'line-1',
        callId: CALL,
        dtmfString,
        dtmfType: 'RFC2833',
        interDigitPause: 100,
      },
      options,
    );

  const walk = injector.withChannelLock(CALL, async (lock) => {
    for (const { name, digits, promptMs } of MENU) {
      await wait(promptMs);
      // Without `lock` this would wait for the lock that is held here.
      const { audit } = await press(digits, { lock, maxAttempts: 3 });
      console.log(`${name}: pressed ${audit.dtmfString} (${audit.delivery})`);
    }
  });

  // Somebody else presses into the same call meanwhile. It waits for the end of the walk.
  const intruder = press('0');

  try {
    await walk;
    const { audit } = await intruder;
    console.log(`another part of the program: waited ${Math.round(audit.queuedMs)} ms for the menu`);
  } catch (error) {
    if (!isDtmfError(error)) throw error;
    // After an unknown outcome nobody knows where in the menu the call is. Pressing on would be a guess.
    console.log(`the walk ended: ${error.code}, ${error.delivery}`);
    process.exitCode = 1;
  }

  const inOrder = simulator.executions().map(({ digits }) => digits);
  const expected = [...MENU.map(({ digits }) => digits), '0'];
  console.log(`in order: ${inOrder.join() === expected.join()}, overlaps: ${simulator.stats().overlaps}`);

  await injector.close();
  await simulator.stop();
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
