'use strict';

// `npm run bench:guard`: how long digits for a contact still leave after it has hung up.
//
//   node scripts/bench-guard.js [--json] [--tries n]
//
// A contact of a followed session on the simulator is there, hangs up at a random moment, and one digit after the other is
// offered for it, each when the one before has ended. What is measured is the time from the hang-up to the first refusal for
// it, in milliseconds: the event's way, and the wait of a poll that was just answered. The platform is on a thread of this
// process, so a network adds its own time once.

const path = require('node:path');
const { setTimeout: delay } = require('node:timers/promises');
const { parseArgs } = require('node:util');

const root = path.join(__dirname, '..');
require('./lib/requirements.js').demand(root);

/** How long after its last event the contact hangs up: while a poll waits, or while the next one is not yet asked. */
const WAYS = { 'a poll waits': [150, 300], 'just after another event': [0, 100] };

/**
 * @param {any} stage
 * @param {string} contactId
 * @param {number[]} range
 */
async function once({ simulator, session, heard }, contactId, [least, most]) {
  simulator.addContact(session.id, { contactId });
  while (!heard.has(contactId)) await delay(1);
  await delay(least + Math.random() * (most - least));
  const left = performance.now();
  simulator.moveContact(contactId, 'disconnected');
  for (;;) {
    try {
      await session.injectDTMF({ contactId, dtmfString: '1' });
    } catch (error) {
      if (/** @type {any} */ (error).code === 'ERR_DTMF_CALL_ENDED') return performance.now() - left;
      throw error;
    }
  }
}

/** @param {number[]} times */
function summary(times) {
  times.sort((a, b) => a - b);
  const at = (/** @type {number} */ share) =>
    Math.round(times[Math.ceil(share * times.length) - 1] * 10) / 10;
  return { tries: times.length, medianMs: at(0.5), p99Ms: at(0.99), worstMs: at(1) };
}

async function main() {
  const options = /** @type {const} */ ({ json: { type: 'boolean' }, tries: { type: 'string' } });
  const { json, tries = '200' } = parseArgs({ options }).values;
  const { CXoneAuthClient, DtmfInjector } = require(root);
  const { startSimulator } = require(path.join(root, 'simulator.js'));
  const simulator = await startSimulator({ journalLimit: 0 });
  const auth = new CXoneAuthClient({ grant: 'password', ...simulator.accessKey, logger: false });
  const config = { api: 'agent-session', apiUrl: simulator.url, logger: false, playout: 'none' };
  const injector = new DtmfInjector(auth, /** @type {any} */ (config));
  const session = await injector.startSession({ stationId: '1' });
  /** @type {Set<string>} */
  const heard = new Set();
  injector.registerCTIMonitor((/** @type {any} */ { contactId }) => void (contactId && heard.add(contactId)));
  /** @type {Record<string, object>} */
  const found = {};
  for (const [way, range] of Object.entries(WAYS)) {
    const times = [];
    for (let n = 0; n < Number(tries); n += 1) {
      times.push(await once({ simulator, session, heard }, `${way.length}-${n}`, range));
    }
    found[way] = summary(times);
  }
  await injector.close();
  await simulator.stop();
  if (json) console.log(JSON.stringify(found));
  else console.table(found);
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
