'use strict';

// A card number into an agent session, by the API that NICE publishes: access key, discovery, a masked recording.
//
//   node examples/session.js
//
// It runs against the simulator. docs/cxone.md says where the values of a tenant come from.

const { CXoneAuthClient, DtmfInjector, isDtmfError } = require('cxone-dtmf');
const { startSimulator } = require('cxone-dtmf/simulator');

async function main() {
  const simulator = await startSimulator({ timeScale: 1 });
  simulator.addSession('session-1', { contactId: 'contact-1' });

  const auth = new CXoneAuthClient({ grant: 'password', ...simulator.accessKey });
  const injector = new DtmfInjector(auth, {
    api: 'agent-session',
    apiUrl: 'discover', // or the base URL of your area, such as https://api-na1.niceincontact.com
    pauses: true,
    logger: false,
  });
  // Whoever waits for a session that has ended learns it at once.
  const unfollow = injector.followSession('session-1');

  const session = { sessionId: 'session-1', contactId: 'contact-1' };
  try {
    // `1` in the menu, half a second of silence, and then the language.
    const menu = await injector.injectDTMF({ ...session, dtmfString: '1,2' });
    console.log(`menu: ${menu.audit.delivery}, plays for ${menu.playoutMs} ms more`);

    // Waits until the menu has been played. The recording is masked from before the first digit to after the last.
    const card = await injector.injectDTMF({ ...session, dtmfString: '40815162#', maskRecording: true });
    console.log('card:', card.audit.delivery, card.audit.dtmfString);
  } catch (error) {
    if (!isDtmfError(error)) throw error;
    const { code, delivery, digitsAccepted = 0 } = error;
    console.log(`${code}: delivery ${delivery}, ${digitsAccepted} digits accepted before`);
  }

  unfollow();
  await injector.close(); // waits until the recording is unmasked
  const masks = simulator.masks('contact-1').map(({ masked }) => (masked ? 'masked' : 'unmasked'));
  console.log(`recording: ${masks.join(', ')}`);
  await simulator.stop();
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
