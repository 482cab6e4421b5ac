'use strict';

// One process of a fleet, which does what its parent tells it by messages. Started by fleet.js.

const { CXoneAuthClient, DtmfInjector } = require('../..');

const { credentials, config } = JSON.parse(process.argv[2]);
const { apiUrl, ...auth } = credentials;
const injector = new DtmfInjector(new CXoneAuthClient({ ...auth, logger: false }), {
  apiUrl,
  logger: false,
  ...config,
});

let locks = 0;
const held = new Map();

const params = (callId, dtmfString) => ({
  telephonyProviderId: 'provider-1',
  lineId: 'line-1',
  callId,
  dtmfString,
  dtmfType: 'RFC2833',
  interDigitPause: 100,
});

async function press({ callId, digits, lock, maxAttempts = 1 }) {
  const options = { maxAttempts, ...(lock && { lock: held.get(lock) }) };
  try {
    const { audit } = await injector.injectDTMF(params(callId, digits), options);
    return { callId, digits, delivery: audit.delivery, code: null, fence: audit.fence };
  } catch (error) {
    const { code, delivery, message, audit } = error;
    return { callId, digits, delivery, code, message, fence: audit?.fence };
  }
}

const TASKS = {
  press: (one) => press(one),
  pressAll: ({ all }) => Promise.all(all.map(press)),
  async lock({ callId }) {
    const number = ++locks;
    held.set(number, await injector.acquireChannelLock(callId));
    return number;
  },
  release: ({ lock }) => held.get(lock).release(),
  metrics: () => injector.metrics(),
  close: () => injector.close(),
};

process.on('message', async ({ id, task, ...rest }) => {
  try {
    process.send({ id, value: await TASKS[task](rest) });
  } catch (error) {
    process.send({ id, error: String(error) });
  }
});
process.on('disconnect', () => process.exit());
process.send({ id: 0 });
