'use strict';

// Opens an agent session, presses a card number into the call that comes, with its recording masked, and ends the session.
//
//   node examples/card-payment.js     on the simulator; with a tenant, leave out the lines that speak to it

const { CXoneAuthClient, DtmfInjector } = require('cxone-dtmf');
const { startSimulator } = require('cxone-dtmf/simulator');

async function main() {
  const simulator = await startSimulator({ maskDelayMs: 50 });
  const auth = new CXoneAuthClient({ grant: 'password', ...simulator.accessKey, logger: false });
  const injector = new DtmfInjector(auth, { api: 'agent-session', apiUrl: simulator.url, logger: false });

  const session = await injector.startSession({ stationPhoneNumber: '8015550100' });
  await session.dialAgentLeg();
  simulator.addContact(session.id, { contactId: '90002', isInbound: true });
  for await (const { contactId, status } of session.follow()) {
    if (status !== 'Active' || contactId === null) continue;
    const card = { contactId, dtmfString: '40815162#', maskRecording: true };
    const { audit } = await session.injectDTMF(card);
    console.log(`pressed ${audit.dtmfString} for contact ${contactId} (${audit.delivery})`);
    break;
  }
  await session.end(); // after the tones, and when the recording is unmasked
  await injector.close();
  await simulator.stop();
}

main();
