'use strict';

const { CXoneAuthClient, DtmfInjector, injectWithRetry, isDtmfError } = require('cxone-dtmf');
const { startSimulator } = require('cxone-dtmf/simulator');

const { Progress } = require('./progress.js');
const { sequence } = require('./sequences.js');
const { outcomes } = require('./table.js');

/** @typedef {import('./screen.js').Screen} Screen */

const CALLS = 20;
const PER_CALL = 10;
const TOTAL = CALLS * PER_CALL;

/** Less than are asked for, so that the last ones meet the limit. */
const PER_MINUTE = 180;

/** Requests that are told to come back in a second, however much of the minute is left. */
const BUSY = 12;

/** The connection is cut at this sequence of this call, after its digits were pressed. */
const CUT = { callId: 'call-07', index: 3 };

/**
 * @typedef {object} Asked one injection, and how it ended
 * @property {string} callId
 * @property {number} index its place among those of its call, from 0
 * @property {string} digits
 * @property {string} delivery
 * @property {string | null} code
 * @property {number} latencyMs
 * @property {number} [retryAfterMs] how long the last answer asked to wait
 */

const callIds = Array.from({ length: CALLS }, (_, n) => `call-${String(n + 1).padStart(2, '0')}`);

/**
 * Round by round over the calls: what belongs to one call is asked for at once and waits for its turn.
 *
 * @returns {{ callId: string, index: number, digits: string }[]}
 */
function plan() {
  return Array.from({ length: TOTAL }, (_, n) => ({
    callId: callIds[n % CALLS],
    index: Math.floor(n / CALLS),
    digits: sequence(n),
  }));
}

async function startBusySimulator() {
  const simulator = await startSimulator({
    rateLimit: { perMinute: PER_MINUTE },
    latency: { p50Ms: 60, p99Ms: 250 },
  });
  for (const callId of callIds) simulator.addCall(callId);
  simulator.script([{ status: 429, headers: { 'retry-after': '1' }, times: BUSY }]);
  simulator.script([{ times: CUT.index }, { cut: 'after-execute' }], { callId: CUT.callId });
  return simulator;
}

/**
 * @param {DtmfInjector} injector
 * @param {{ callId: string, index: number, digits: string }} planned
 * @returns {Promise<Asked>}
 */
async function inject(injector, planned) {
  const params = {
    telephonyProviderId: 'provider-1',
    lineId: 'line-1',
    callId: planned.callId,
    dtmfString: planned.digits,
    dtmfType: /** @type {const} */ ('RFC2833'),
    interDigitPause: 100,
  };
  try {
    const { audit } = await injectWithRetry(injector, params);
    return { ...planned, delivery: audit.delivery, code: null, latencyMs: audit.latencyMs };
  } catch (error) {
    if (!isDtmfError(error)) throw error;
    const { delivery, code, audit, retryAfterMs } = error;
    return { ...planned, delivery, code, latencyMs: audit?.latencyMs ?? 0, retryAfterMs };
  }
}

/**
 * @param {Screen} screen
 */
async function runLoad(screen) {
  const simulator = await startBusySimulator();
  const injector = new DtmfInjector(new CXoneAuthClient(simulator.auth), {
    apiUrl: simulator.url,
    logger: false,
  });

  screen.note(`The simulator takes ${PER_MINUTE} requests a minute. It asks ${BUSY} to come back in 1 s,`);
  screen.note(
    `and cuts the connection of number ${CUT.index + 1} of ${CUT.callId} after it pressed the digits.`,
  );
  const progress = new Progress(screen, TOTAL);
  const asked = await Promise.all(
    plan().map(async (planned) => {
      const settled = await inject(injector, planned);
      progress.step();
      return settled;
    }),
  );

  const { attempts, resends, tokenRefreshes } = injector.metrics();
  const { executions, overlaps } = simulator.stats();
  const rateLimited = simulator.requests().filter(({ status }) => status === 429).length;
  const heard = new Map(callIds.map((callId) => [callId, simulator.digits(callId)]));
  await injector.close();
  await simulator.stop();

  return {
    load: {
      injections: TOTAL,
      calls: CALLS,
      outcomes: outcomes(asked),
      longestRetryAfterMs: Math.max(0, ...asked.map(({ retryAfterMs }) => retryAfterMs ?? 0)),
      attempts,
      resends,
      tokenRefreshes,
      simulator: { executions, rateLimited, overlaps },
    },
    evidence: { asked, heard, cut: CUT, rateLimited, overlaps },
  };
}

module.exports = { runLoad };
