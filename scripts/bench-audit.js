'use strict';

// `npm run bench:audit`: what the audit log costs an injection.
//
//   node scripts/bench-audit.js [--json] [--rounds n] [--injections n]
//
// The same injections, 256 in flight into as many calls, without a log and with one of each durability, one after the
// other in every round, since machines drift. Printed are medians over the rounds and the ratio to no log. The platform
// is the simulator of this package, on a thread of this process.

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { parseArgs } = require('node:util');

const root = path.join(__dirname, '..');
require('./lib/requirements.js').demand(root);

const IN_FLIGHT = 256;
const WAYS = /** @type {const} */ (['off', 'none', 'os', 'fsync']);

/** @param {readonly number[]} values */
const median = (values) => [...values].sort((a, b) => a - b)[values.length >> 1];

/**
 * @param {string} apiUrl
 * @param {any} auth
 * @param {(typeof WAYS)[number]} durability
 * @param {number} injections
 * @returns {Promise<number>} injections per second
 */
async function measure(apiUrl, auth, durability, injections) {
  const { DtmfInjector } = require(root);
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'cxone-dtmf-bench-'));
  const auditLog = durability === 'off' ? undefined : { directory, durability, key: 'bench-key-0123456789' };
  const injector = new DtmfInjector(auth, { apiUrl, logger: false, auditLog });
  const press = (/** @type {number} */ call) =>
    injector.injectDTMF({
      telephonyProviderId: 'p',
      lineId: 'l',
      callId: `call-${call}`,
      dtmfString: '1234#',
      dtmfType: 'RFC2833',
      interDigitPause: 100,
    });
  try {
    await press(0);
    let left = injections;
    const started = performance.now();
    await Promise.all(
      Array.from({ length: IN_FLIGHT }, async (_, call) => {
        while (left-- > 0) await press(call);
      }),
    );
    return injections / ((performance.now() - started) / 1000);
  } finally {
    await injector.close();
    fs.rmSync(directory, { recursive: true, force: true });
  }
}

async function main() {
  const options = /** @type {const} */ ({
    json: { type: 'boolean', default: false },
    rounds: { type: 'string', default: '7' },
    injections: { type: 'string', default: '4000' },
  });
  const { values } = parseArgs({ options });
  const [rounds, injections] = [Number(values.rounds), Number(values.injections)];
  const { CXoneAuthClient } = require(root);
  const { startSimulator } = require(path.join(root, 'simulator.js'));
  const simulator = await startSimulator({ autoCalls: true, journalLimit: 1 });
  const auth = new CXoneAuthClient({ ...simulator.auth, logger: false });
  /** @type {Record<string, number[]>} */
  const found = Object.fromEntries(WAYS.map((way) => [way, []]));
  await measure(simulator.url, auth, 'off', injections);
  for (let round = 0; round < rounds; round += 1) {
    if (process.stderr.isTTY) process.stderr.write(`\rround ${round + 1} of ${rounds}`);
    for (const way of WAYS) found[way].push(await measure(simulator.url, auth, way, injections));
  }
  if (process.stderr.isTTY) process.stderr.write('\r\x1b[2K');
  const rows = WAYS.map((way) => ({
    auditLog: way,
    perSecond: Math.round(median(found[way])),
    toOff: Number(median(found[way].map((value, round) => value / found.off[round])).toFixed(2)),
  }));
  if (values.json) console.log(JSON.stringify({ inFlight: IN_FLIGHT, injections, rounds, rows }));
  else console.table(rows);
  await simulator.stop();
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
