'use strict';

const { CXoneAuthClient, DtmfInjector } = require('cxone-dtmf');
const { startSimulator } = require('cxone-dtmf/simulator');
const { enterPin } = require('./enter-pin.js');

let simulator;
let injector;

beforeEach(async () => {
  // A simulator for each test: a port of its own, hence locks, calls and a journal of its own.
  simulator = await startSimulator();
  simulator.addCall('call-1');
  const retry = { baseMs: 1, capMs: 2 };
  injector = new DtmfInjector(new CXoneAuthClient(simulator.auth), {
    apiUrl: simulator.url,
    retry,
    logger: false,
  });
});

afterEach(async () => {
  await injector.close();
  await simulator.stop();
});

test('a PIN is entered once', async () => {
  expect(await enterPin(injector, 'call-1', '1234')).toBe('entered');
  expect(simulator.digits('call-1')).toEqual(['1234#']);
});

test('a server that fails twice is asked again', async () => {
  simulator.script([{ status: 503, times: 2 }]);
  expect(await enterPin(injector, 'call-1', '1234')).toBe('entered');
  expect(simulator.digits('call-1')).toEqual(['1234#']);
});

test('a PIN that may have been entered is not entered again', async () => {
  simulator.script([{ cut: 'after-execute' }]);
  expect(await enterPin(injector, 'call-1', '1234')).toBe('ask the caller');
  expect(simulator.digits('call-1')).toEqual(['1234#']);
});

test('nothing is entered into a call that ended', async () => {
  simulator.endCall('call-1');
  expect(await enterPin(injector, 'call-1', '1234')).toBe('not entered');
  expect(simulator.digits('call-1')).toEqual([]);
});
