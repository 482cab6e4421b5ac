'use strict';

const util = require('node:util');

const { version } = require('../../package.json');
const { newBench, params, failure } = require('../support/bench');

const bench = newBench();
let platform;

beforeEach(async () => {
  platform = await bench.platform();
});

test('headers go with every injection, and not to the token endpoint', async () => {
  const injector = bench.injector(platform, {
    headers: { 'X-Api-Key': 'key-1', 'x-tenant': 'a b', 'X-Absent': undefined },
    retry: { baseMs: 1, capMs: 2 },
  });
  platform.answer({ status: 503 });
  await injector.injectDTMF(params(), { maxAttempts: 2 });
  expect(platform.injections()).toHaveLength(2);
  for (const { headers } of platform.injections()) {
    expect(headers).toMatchObject({
      'x-api-key': 'key-1',
      'x-tenant': 'a b',
      authorization: 'Bearer token-canary-1',
      'content-type': 'application/json',
      accept: 'application/json',
      'user-agent': `cxone-dtmf/${version}`,
    });
    expect(headers).not.toHaveProperty('x-absent');
  }
  const [token] = platform.tokenRequests();
  expect(token.headers).not.toHaveProperty('x-api-key');
});

test('userAgent replaces the name of this package', async () => {
  const injector = bench.injector(platform, { userAgent: 'ivr-robot/2.1 (billing)' });
  await injector.injectDTMF(params());
  expect(platform.injections()[0].headers['user-agent']).toBe('ivr-robot/2.1 (billing)');
  expect(platform.tokenRequests()[0].headers['user-agent']).toBe(`cxone-dtmf/${version}`);
});

test('what the program does to its object afterwards changes nothing', async () => {
  const headers = { 'X-Tenant': 'one' };
  const injector = bench.injector(platform, { headers });
  headers['X-Tenant'] = 'two';
  await injector.injectDTMF(params());
  expect(platform.injections()[0].headers['x-tenant']).toBe('one');
});

test('no value of a header shows in errors, entries and log lines', async () => {
  const lines = [];
  const log = (...args) => lines.push(util.inspect(args, { depth: Infinity }));
  const injector = bench.injector(platform, {
    headers: { 'X-Api-Key': 'header-canary' },
    logger: { info: log, warn: log, error: log },
  });
  const events = [];
  injector.registerCTIMonitor((event) => void events.push(event));
  for (const step of [{ status: 500 }, { status: 404 }, { drop: 'after' }]) {
    platform.answer(step);
    const error = await failure(injector.injectDTMF(params()));
    lines.push(util.inspect(error, { depth: Infinity, showHidden: true }), JSON.stringify(error.audit));
  }
  lines.push(util.inspect(events, { depth: Infinity }), JSON.stringify(injector.metrics()));
  expect(platform.injections()[2].headers['x-api-key']).toBe('header-canary');
  expect(lines.join('\n')).not.toContain('header-canary');
});
