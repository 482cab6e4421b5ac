'use strict';

const { CXoneAuthClient, DTMFInjector, injectWithRetry } = require('cxone-dtmf');
const { startSimulator } = require('cxone-dtmf/simulator');

const { TUTORIAL } = require('./sequences.js');

/** @typedef {import('./screen.js').Screen} Screen */
/** @typedef {import('cxone-dtmf').CtiEvent} CtiEvent */

/** @param {CtiEvent} event */
function describe(event) {
  if (event.event === 'dtmf.retrying') {
    const seconds = (event.delayMs / 1000).toFixed(1);
    return `${event.event}  attempt ${event.attempt} got ${event.reason}; again in ${seconds} s`;
  }
  const { delivery, attempts, latencyMs } = event.auditEntry;
  return `${event.event}  ${delivery} after ${attempts} attempts, ${Math.round(latencyMs)} ms`;
}

/**
 * The tutorial's program. The simulator answers the first request 429 and asks to wait a second.
 *
 * @param {Screen} screen
 */
async function runTutorial(screen) {
  const simulator = await startSimulator();
  simulator.addCall('call-tutorial');
  simulator.script([{ status: 429, headers: { 'retry-after': '1' } }]);

  const injector = new DTMFInjector(new CXoneAuthClient(simulator.auth), {
    apiUrl: simulator.url,
    logger: false,
  });
  /** @type {string[]} */
  const events = [];
  injector.registerCTIMonitor((event) => {
    events.push(event.event);
    screen.row('event', describe(event));
  });

  screen.row('asked', `injectWithRetry, ${TUTORIAL.length} digits`);
  const result = await injectWithRetry(injector, {
    telephonyProviderId: 'provider-1',
    lineId: 'line-1',
    callId: 'call-tutorial',
    dtmfString: TUTORIAL,
    dtmfType: 'RFC2833',
    interDigitPause: 150,
  });
  const { delivery, attempts, dtmfString } = result.audit;
  screen.row('result', `success: ${result.success}, audit.dtmfString: '${dtmfString}'`);

  const heard = simulator.digits('call-tutorial');
  const asAsked = heard.length === 1 && heard[0] === TUTORIAL;
  screen.row('far side', `heard ${heard.map((digits) => `***** (${digits.length} digits)`).join(', ')}`);
  await injector.close();
  await simulator.stop();
  return { delivery, attempts, events, asked: 1, heard: heard.length, asAsked };
}

module.exports = { runTutorial };
