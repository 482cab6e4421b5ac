'use strict';

const { Worker } = require('node:worker_threads');

const { newBench, params } = require('../support/bench');
const { newWays } = require('./ways');

const bench = newBench();
const ways = newWays();
let platform;
let front;
let url;

beforeEach(async () => {
  platform = await bench.platform();
  front = await ways.tcp(platform);
  url = `http://127.0.0.1:${front.port}`;
});

/** One injection by an injector and an auth client that are made for it. */
function injectOnce(number, config = {}) {
  const injector = bench.injector(platform, { apiUrl: url, ...config }, { authUrl: url });
  return injector.injectDTMF(params({ callId: `call-${number}` }));
}

test('an injector per request uses one connection over and over', async () => {
  for (let number = 0; number < 20; number += 1) await injectOnce(number);
  expect(platform.executions()).toHaveLength(20);
  expect(platform.tokenRequests()).toHaveLength(20);
  expect(front.connections).toBeLessThanOrEqual(2);
});

test('settings that say nothing of connections do not part them', async () => {
  await injectOnce(0);
  await injectOnce(1, {
    headers: { 'X-Tenant': 'a' },
    userAgent: 'a/1',
    timeoutMs: 9000,
    retry: { budget: 0 },
  });
  expect(front.connections).toBeLessThanOrEqual(2);
  expect(platform.injections()[0].headers).not.toHaveProperty('x-tenant');
  expect(platform.injections()[1].headers['x-tenant']).toBe('a');
});

test('a closed injector takes no connection away from others', async () => {
  const injectors = [0, 1].map(() => bench.injector(platform, { apiUrl: url }, { authUrl: url }));
  await injectors[0].injectDTMF(params());
  await injectors[0].close();
  await injectors[1].injectDTMF(params());
  expect(front.connections).toBeLessThanOrEqual(2);
});

test('a connection that an injection gave up is not used again', async () => {
  platform.answer({ hold: true });
  const first = bench.injector(platform, { apiUrl: url, timeoutMs: 1000 }, { authUrl: url });
  const lost = first.injectDTMF(params({ dtmfString: '7' }));
  await expect(lost).rejects.toMatchObject({ code: 'ERR_DTMF_OUTCOME_UNKNOWN' });
  await injectOnce(1);
  expect(platform.executions('call-1')).toHaveLength(1);
});

test('threads do not share, and one that ends takes nothing with it', async () => {
  await injectOnce(0);
  const worker = new Worker(
    `
    const { CXoneAuthClient, DtmfInjector } = require(${JSON.stringify(require.resolve('../..'))});
    const { url, credentials, call } = require('node:worker_threads').workerData;
    const auth = new CXoneAuthClient({ ...credentials, authUrl: url, logger: false });
    new DtmfInjector(auth, { apiUrl: url, logger: false }).injectDTMF(call);
    `,
    {
      eval: true,
      workerData: { url, credentials: platform.credentials, call: params({ callId: 'call-9' }) },
    },
  );
  const code = await new Promise((resolve, reject) => {
    worker.once('error', reject);
    worker.once('exit', resolve);
  });
  expect(code).toBe(0);
  await injectOnce(1);
  expect(platform.executions()).toHaveLength(3);
});
