'use strict';

// One process of the fleet in the demo: presses what its parent tells it, and answers how each ended.

const { CXoneAuthClient, DtmfInjector, isDtmfError } = require('cxone-dtmf');

const { sequence } = require('./sequences.js');

/** @typedef {{ callId: string, n: number }} Planned */
/** @typedef {Planned & { delivery: string, code: string | null, fence: number | null | undefined }} Pressed */

/**
 * @param {{ credentials: import('cxone-dtmf/simulator').SimulatorCredentials, url: string, perMinute: number, planned: Planned[] }} task
 */
async function work({ credentials, url, perMinute, planned }) {
  const { apiUrl, ...client } = credentials;
  const injector = new DtmfInjector(new CXoneAuthClient({ ...client, logger: false }), {
    apiUrl,
    logger: false,
    fleet: { url },
    rateLimit: { perMinute, burst: 5 },
    maxWaitingPerCall: planned.length,
  });
  await Promise.all(planned.map((one) => press(injector, one)));
  const { fleet } = injector.metrics();
  process.send?.({ roundTrips: fleet?.roundTrips ?? 0 });
  await injector.close();
  process.disconnect();
}

/**
 * @param {DtmfInjector} injector
 * @param {Planned} planned
 */
async function press(injector, planned) {
  const params = {
    telephonyProviderId: 'provider-1',
    lineId: 'line-1',
    callId: planned.callId,
    dtmfString: sequence(planned.n),
    dtmfType: /** @type {const} */ ('RFC2833'),
    interDigitPause: 100,
  };
  /** @type {Pressed} */
  let pressed;
  try {
    const { audit } = await injector.injectDTMF(params);
    pressed = { ...planned, delivery: audit.delivery, code: null, fence: audit.fence };
  } catch (error) {
    if (!isDtmfError(error)) throw error;
    pressed = { ...planned, delivery: error.delivery, code: error.code, fence: error.audit?.fence };
  }
  process.send?.({ pressed });
}

process.once('message', (/** @type {any} */ task) => void work(task));
