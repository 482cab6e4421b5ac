'use strict';

const assert = require('node:assert/strict');
const { afterEach, beforeEach, test } = require('node:test');

const { CXoneAuthClient, DtmfInjector } = require('cxone-dtmf');
const { startSimulator } = require('cxone-dtmf/simulator');
const { enterPin } = require('./enter-pin.js');

let simulator;
let injector;

beforeEach(async () => {
  simulator = await startSimulator({ tokenLifetimeMs: 60_000 });
  simulator.addCall('call-1');
  injector = new DtmfInjector(new CXoneAuthClient(simulator.auth), { apiUrl: simulator.url, logger: false });
});

afterEach(async () => {
  await injector.close();
  await simulator.stop();
});

test('a revoked token is replaced', async () => {
  await enterPin(injector, 'call-1', '1234');
  simulator.revokeTokens();
  assert.equal(await enterPin(injector, 'call-1', '5678'), 'entered');
  assert.deepEqual(simulator.digits('call-1'), ['1234#', '5678#']);
  assert.equal(simulator.stats().tokenRequests, 2);
});

test('nothing is sent when there is no token', async () => {
  simulator.scriptToken([{ status: 401 }]);
  assert.equal(await enterPin(injector, 'call-1', '1234'), 'not entered');
  assert.equal(simulator.requests().filter((request) => request.kind === 'dtmf').length, 0);
});

test('PINs for one call go one after the other', async () => {
  await Promise.all(['1', '2', '3'].map((pin) => enterPin(injector, 'call-1', pin)));
  assert.deepEqual(simulator.digits('call-1'), ['1#', '2#', '3#']);
  assert.equal(simulator.stats().overlaps, 0);
});
