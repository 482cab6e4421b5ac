'use strict';

// Joins the session of an agent under an id of its own, and presses a menu into the call that the agent has on hold.
//
//   node examples/session.js     on the simulator; with a tenant, leave out the lines that speak to it

const { CXoneAuthClient, DtmfInjector, isDtmfError } = require('cxone-dtmf');
const { startSimulator } = require('cxone-dtmf/simulator');

async function main() {
  const simulator = await startSimulator();
  simulator.addSession('of-the-agent', { agentId: '4711', contactId: '90002' });
  simulator.addContact('of-the-agent', { contactId: '90003' }); // the agent speaks to it: 90002 is on hold

  const auth = new CXoneAuthClient({ grant: 'password', ...simulator.accessKey, logger: false });
  const injector = new DtmfInjector(auth, {
    api: 'agent-session',
    apiUrl: 'discover', // or the base URL of your area, such as https://api-na1.niceincontact.com
    requireContact: true, // digits for whoever happens to be in focus are an error
    pauses: true,
    logger: false,
  });
  const session = await injector.joinSession({ asAgentId: 4711 });

  // `1`, half a second of silence, and `2`.
  const menu = { contactId: '90002', dtmfString: '1,2' };
  try {
    await session.injectDTMF(menu);
  } catch (error) {
    if (!isDtmfError(error)) throw error;
    console.log(`${error.code}, ${error.delivery}: ${error.message}`);
  }
  const { audit } = await session.injectDTMF({ ...menu, focus: true });
  console.log(`pressed ${audit.dtmfString} for contact ${audit.contactId} (${audit.delivery})`);

  await injector.close(); // the agent's session goes on
  await simulator.stop();
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
