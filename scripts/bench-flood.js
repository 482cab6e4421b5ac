'use strict';

// `npm run bench:flood`: how long a healthy injection takes while other hosts send without end.
//
//   node scripts/bench-flood.js [--json] [--seconds n] [--connections n]
//
// Each flood comes from a server process of its own on loopback, once in answer to digits and once in answer to requests for
// tokens, over as many connections as said; what ends is begun anew. Beside it one injection after the other goes to the
// simulator, and its time is measured, in milliseconds, from the call to the promise. Everything it starts it stops.

const { fork } = require('node:child_process');
const { once } = require('node:events');
const path = require('node:path');
const { setTimeout: delay } = require('node:timers/promises');
const { parseArgs } = require('node:util');

const root = path.join(__dirname, '..');
require('./lib/requirements.js').demand(root);
const { FLOODS } = require('./flood/server.js');

/** What a healthy injection may take at the 99th percentile, in milliseconds. */
const GOAL_MS = 50;

/** Between two healthy injections, so that each meets the flood anew. */
const PAUSE_MS = 2;

/** What an injection of a flooded host may take. */
const DEADLINE_MS = 1000;

/** @param {string} callId */
const params = (callId) => ({
  telephonyProviderId: 'provider-1',
  lineId: 'line-1',
  callId,
  dtmfString: '1',
  dtmfType: 'RFC2833',
  interDigitPause: 50,
});

/**
 * Injections that meet the flood, until they are told to stop. Tells how late the latest of them ended.
 * @param {any} injector
 * @param {number} connections
 */
function flooded(injector, connections) {
  let stopped = false;
  let latest = 0;
  const all = Array.from({ length: connections }, async (_, n) => {
    while (!stopped) {
      const began = performance.now();
      await injector.injectDTMF(params(`flooded-${n}`)).catch(() => {});
      latest = Math.max(latest, performance.now() - began - DEADLINE_MS);
      await delay(1);
    }
  });
  return async () => {
    stopped = true;
    await Promise.all(all);
    return latest;
  };
}

/**
 * @param {any} injector
 * @param {number} seconds
 */
async function healthy(injector, seconds) {
  /** @type {number[]} */
  const times = [];
  const until = performance.now() + seconds * 1000;
  while (performance.now() < until) {
    const began = performance.now();
    await injector.injectDTMF(params(`call-${times.length}`));
    times.push(performance.now() - began);
    await delay(PAUSE_MS);
  }
  times.sort((a, b) => a - b);
  const at = (/** @type {number} */ share) => round(times[Math.ceil(share * times.length) - 1]);
  return { injections: times.length, medianMs: at(0.5), p99Ms: at(0.99), worstMs: at(1) };
}

/** @param {number} ms */
const round = (ms) => Math.round(ms * 10) / 10;

/**
 * @param {any} stage
 * @param {string} flood
 * @param {boolean} ofTokens
 */
async function beside({ library, injector, seconds, connections }, flood, ofTokens) {
  const server = fork(path.join(__dirname, 'flood', 'server.js'), [flood]);
  try {
    const [{ port }] = await once(server, 'message');
    const url = `http://127.0.0.1:${port}`;
    const credentials = {
      authUrl: url,
      clientId: 'client',
      clientSecret: 'a secret of nobody',
      logger: false,
    };
    const token = { getAccessToken: async () => 'a-token-of-nobody' };
    const make = () =>
      new library.DtmfInjector(ofTokens ? new library.CXoneAuthClient(credentials) : token, {
        ...{ apiUrl: url, logger: false, repeatGuardMs: 0, timeoutMs: DEADLINE_MS, deadlineMs: DEADLINE_MS },
      });
    // Tokens of one client are asked for once at a time, so each of these connections has a client of its own.
    const injectors = ofTokens ? Array.from({ length: connections }, make) : [make()];
    const stops = injectors.map((one) => flooded(one, ofTokens ? 1 : connections));
    const found = await healthy(injector, seconds);
    const late = await Promise.all(stops.map((stop) => stop()));
    return { ...found, floodedLateMs: round(Math.max(0, ...late)) };
  } finally {
    server.kill('SIGKILL');
  }
}

async function main() {
  const text = /** @type {const} */ ({ type: 'string' });
  const options = { json: /** @type {const} */ ({ type: 'boolean' }), seconds: text, connections: text };
  const { json, seconds = '3', connections = '32' } = parseArgs({ options }).values;
  const library = require(root);
  const { startSimulator } = require(path.join(root, 'simulator.js'));
  const simulator = await startSimulator({ journalLimit: 0, autoCalls: true });
  const auth = new library.CXoneAuthClient({ ...simulator.auth, logger: false });
  const injector = new library.DtmfInjector(auth, { apiUrl: simulator.url, logger: false });
  const stage = { library, injector, seconds: Number(seconds), connections: Number(connections) };
  await healthy(injector, 0.5);
  /** @type {Record<string, any>} */
  const found = { 'no flood': await healthy(injector, stage.seconds) };
  for (const flood of Object.keys(FLOODS)) {
    for (const ofTokens of [false, true]) {
      found[`${flood}${ofTokens ? ', tokens' : ''}`] = await beside(stage, flood, ofTokens);
    }
  }
  await injector.close();
  await simulator.stop();
  if (json) console.log(JSON.stringify(found));
  else console.table(found);
  const missed = Object.values(found).some(({ p99Ms }) => p99Ms >= GOAL_MS);
  process.exitCode = missed ? 1 : 0;
}

main().then(
  () => process.exit(),
  (error) => {
    console.error(error);
    process.exit(1);
  },
);
