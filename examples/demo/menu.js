'use strict';

const { CXoneAuthClient, DtmfInjector } = require('cxone-dtmf');
const { startSimulator } = require('cxone-dtmf/simulator');

const { MEANWHILE, MENU } = require('./sequences.js');

/** @typedef {import('./screen.js').Screen} Screen */

/**
 * Three sequences that belong together. Somebody else presses into the same call in the middle of it,
 * and has to wait until the lock is given back.
 *
 * @param {Screen} screen
 */
async function runMenu(screen) {
  // Tones take a tenth of their real time here, so that the other one has something to wait for.
  const simulator = await startSimulator({ timeScale: 0.1 });
  simulator.addCall('call-menu');
  const injector = new DtmfInjector(new CXoneAuthClient(simulator.auth), {
    apiUrl: simulator.url,
    logger: false,
  });
  /** @param {string} dtmfString */
  const press = (dtmfString) => ({
    telephonyProviderId: 'provider-1',
    lineId: 'line-1',
    callId: 'call-menu',
    dtmfString,
    dtmfType: /** @type {const} */ ('RFC2833'),
    interDigitPause: 100,
  });

  /** @type {ReturnType<DtmfInjector['injectDTMF']> | undefined} */
  let other;
  await injector.withChannelLock('call-menu', async (lock) => {
    screen.row('lock', 'held for the call');
    for (const [index, digits] of MENU.entries()) {
      const { audit } = await injector.injectDTMF(press(digits), { lock });
      screen.row('', `step ${index + 1}: ${digits.length} digits, ${audit.delivery}`);
      // Not awaited in here: it waits for the lock that this function holds.
      other ??= injector.injectDTMF(press(MEANWHILE));
    }
  });
  screen.row('', 'released');
  const waited = await other;
  if (waited)
    screen.row('another', `asked after step 1, waited ${Math.round(waited.audit.queuedMs)} ms for the lock`);

  const asked = [...MENU, MEANWHILE];
  const heard = simulator.digits('call-menu');
  const inOrder = heard.length === asked.length && heard.every((digits, index) => digits === asked[index]);
  screen.row(
    'far side',
    `heard ${heard.length} sequences: ${inOrder ? 'the menu, then the other' : 'not in order'}`,
  );
  await injector.close();
  await simulator.stop();
  return { asked: asked.length, heard: heard.length, inOrder };
}

module.exports = { runMenu };
