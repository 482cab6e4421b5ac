'use strict';

// A program that goes through everything that may go wrong, and prints all it can get hold of: errors, results,
// events, metrics, objects of the package, at any depth and with hidden fields. What it prints, and what it leaves
// in the folder AUDIT, must hold no canary. PLANT makes it print one on purpose.

const { subscribe } = require('node:diagnostics_channel');
const util = require('node:util');
const { setTimeout: delay } = require('node:timers/promises');

const { CXoneAuthClient, DtmfInjector } = require('../..');
const { startPlatform } = require('./platform');
const { profile } = require('./profiles');

const DIGITS = '4929187350';
const KEY = 'audit-key-canary-0123456789';

function show(...things) {
  for (const thing of things) {
    console.log(util.inspect(thing, { depth: Infinity, showHidden: true, getters: true, showProxy: true }));
    console.log(String(thing), thing);
    if (thing instanceof Error) console.error(thing.message, thing.stack, thing);
    console.log(JSON.stringify(thing));
  }
}

const settled = (promise) =>
  promise.then(
    ({ success, audit }) => show({ success, audit }),
    (error) => show(error),
  );

async function main() {
  for (const name of ['start', 'error', 'end'])
    subscribe(`cxone-dtmf:injection:${name}`, (message) => show(message));
  const platform = await startPlatform();
  const auth = new CXoneAuthClient(platform.credentials);
  const auditLog = { directory: process.env.AUDIT, key: KEY, onAnchor: show };
  const config = { apiUrl: platform.url, retry: { baseMs: 1, capMs: 2 }, auditLog, ...profile.config };
  const injector = new DtmfInjector(auth, { ...config, headers: { 'X-Api-Key': 'secret-canary-header' } });
  injector.registerCTIMonitor(show);
  show(auth, injector, CXoneAuthClient, DtmfInjector);

  const press = (options, fields = {}) =>
    settled(injector.injectDTMF(profile.params({ dtmfString: DIGITS, ...fields }), options));
  const echo = ({ body, headers }) => ({
    status: 400,
    headers: { 'x-echo': encodeURIComponent(body ?? '') },
    body: { message: `cannot play ${DIGITS} for ${headers.authorization}`, key: headers['x-api-key'], body },
  });
  platform.answer({}, echo, { drop: 'after' }, { cut: true }, { status: 401, body: { seen: DIGITS } }, {});
  for (let n = 0; n < 6; n += 1) await press({ maxAttempts: 2 });
  platform.answer({ hold: true });
  const aborted = new AbortController();
  const inFlight = press({ signal: aborted.signal });
  await delay(100);
  aborted.abort();
  await inFlight;
  await press({ lock: 7 });
  await press({ nonsense: DIGITS });
  await press({}, { dtmfString: `${DIGITS}x` });
  await press({}, { dtmfString: new Uint8Array(Buffer.from(DIGITS)) });
  await press({}, { callId: `../${DIGITS}` });
  await injector.withChannelLock('call-9', async (lock) => show(lock));

  platform.answerToken({
    status: 401,
    body: { error: 'invalid_client', error_description: platform.clientSecret },
  });
  auth.invalidateToken();
  await press();
  await auth.getAccessToken().then(() => {}, show);
  for (const wrong of [{ clientSecret: 7 }, { authUrl: `http://x/${platform.clientSecret}` }]) {
    try {
      show(new CXoneAuthClient({ ...platform.credentials, ...wrong }));
    } catch (error) {
      show(error);
    }
  }
  const own = { getAccessToken: async () => Promise.reject(new Error('token-canary-own')) };
  const foreign = new DtmfInjector(own, config);
  await settled(foreign.injectDTMF(profile.params({ dtmfString: DIGITS })));
  show(foreign, injector.metrics(), injector.metricsText());
  if (process.env.PLANT) console.log(process.env.PLANT);
  await foreign.close();
  await injector.close();
  await platform.stop();
}

main().catch((error) => {
  console.error('the program broke off', error);
  process.exitCode = 1;
});
