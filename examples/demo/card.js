'use strict';

const { CXoneAuthClient, DtmfInjector } = require('cxone-dtmf');
const { startSimulator } = require('cxone-dtmf/simulator');

const { CARD, LANGUAGE } = require('./sequences.js');

/** @typedef {import('./screen.js').Screen} Screen */

/**
 * By the API that NICE publishes: an access key, the address of the API discovered, a session. The digits of a choice
 * with a pause in it, and behind them a card number while the recording is masked. The platform answers before it
 * plays, so the second sequence has to wait until the first one has been played.
 *
 * @param {Screen} screen
 */
async function runCard(screen) {
  const simulator = await startSimulator({ timeScale: 1 });
  simulator.addSession('session-1', { contactId: 'contact-1' });
  const { authUrl, accessKeyId, accessKeySecret } = simulator.accessKey;
  const auth = new CXoneAuthClient({ grant: 'access-key', authUrl, accessKeyId, accessKeySecret });
  const injector = new DtmfInjector(auth, {
    api: 'agent-session',
    apiUrl: 'discover',
    pauses: true,
    logger: false,
  });
  // Digits for a contact go by what the session tells from here on.
  injector.followSession('session-1');
  const session = { sessionId: 'session-1', contactId: 'contact-1', toneDuration: 50, interDigitPause: 50 };

  // Asked for at once: the order is that of asking.
  const [language, card] = await Promise.all([
    injector.injectDTMF({ ...session, dtmfString: LANGUAGE }),
    injector.injectDTMF({ ...session, dtmfString: CARD, maskRecording: true }),
  ]);
  screen.row('choice', `digits, a pause, digits: ${language.audit.delivery}`);
  screen.row('card', `${CARD.length} digits: ${card.audit.delivery}, they play for ${card.playoutMs} ms`);
  // Waits until they have been played and the recording is unmasked.
  await injector.close();

  const masks = simulator.masks('contact-1').map(({ masked }) => masked);
  screen.row('recording', masks.map((masked) => (masked ? 'masked' : 'unmasked')).join(', then '));
  const { overlaps, discoveryRequests } = simulator.stats();
  const executions = simulator.executions();
  await simulator.stop();

  const heard = executions.map(({ digits }) => digits);
  const asAsked = heard.join() === [...LANGUAGE.split(','), CARD].join();
  const masked = executions.filter(({ masked }) => masked).map(({ digits }) => digits);
  screen.row('far side', `heard ${heard.length} sequences, ${overlaps} of them while another one played`);
  return {
    asked: 2,
    heard: heard.length,
    asAsked,
    discoveries: discoveryRequests,
    onlyCardMasked: masked.join() === CARD,
    unmasked: masks.join() === 'true,false',
    overlaps,
  };
}

module.exports = { runCard };
