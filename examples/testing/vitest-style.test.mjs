import { afterEach, beforeEach, expect, test } from 'vitest';

import { CXoneAuthClient, DtmfInjector } from 'cxone-dtmf';
import { startSimulator } from 'cxone-dtmf/simulator';
import { enterPin } from './enter-pin.js';

let simulator;
let injector;

beforeEach(async () => {
  simulator = await startSimulator({ rateLimit: { perCallPerMinute: 2 } });
  simulator.addCall('call-1');
  simulator.addCall('call-2');
  injector = new DtmfInjector(new CXoneAuthClient(simulator.auth), { apiUrl: simulator.url, logger: false });
});

afterEach(async () => {
  await injector.close();
  await simulator.stop();
});

test('a call takes two PINs a minute, and another call has its own limit', async () => {
  expect(await enterPin(injector, 'call-1', '1111')).toBe('entered');
  expect(await enterPin(injector, 'call-1', '2222')).toBe('entered');
  expect(await enterPin(injector, 'call-1', '3333')).toBe('not entered');
  expect(await enterPin(injector, 'call-2', '4444')).toBe('entered');
  expect(simulator.digits('call-1')).toEqual(['1111#', '2222#']);
});

test('a rate limit that passes soon is waited for', async () => {
  simulator.script([{ status: 429, headers: { 'Retry-After': 1 } }]);
  expect(await enterPin(injector, 'call-1', '1234')).toBe('entered');
  expect(simulator.digits('call-1')).toEqual(['1234#']);
});
