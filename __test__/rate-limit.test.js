'use strict';

const { startSimulator } = require('../simulator.js');
const { CXoneAuthClient, DtmfInjector } = require('..');

const params = (callId) => ({
  telephonyProviderId: 'provider-1',
  lineId: 'line-1',
  callId,
  dtmfString: '12',
  dtmfType: 'RFC2833',
  interDigitPause: 50,
});

let simulator;
afterEach(() => simulator?.stop());

async function injectorWith(rateLimit, options) {
  simulator = await startSimulator({ autoCalls: true, ...options });
  const auth = new CXoneAuthClient({ ...simulator.auth, logger: false });
  return new DtmfInjector(auth, { apiUrl: simulator.url, logger: false, rateLimit });
}

test('within the limit of the platform, none of its 429 is seen', async () => {
  const injector = await injectorWith({ perMinute: 2400, burst: 5 }, { rateLimit: { perMinute: 2400 } });
  const started = Date.now();
  const calls = Array.from({ length: 45 }, (_, n) => injector.injectDTMF(params(`call-${n % 9}`)));
  await Promise.all(calls);
  // 5 at once and the other 40 one every 25 ms.
  expect(Date.now() - started).toBeGreaterThanOrEqual(990);
  expect(simulator.requests().filter(({ status }) => status === 429)).toEqual([]);
});

test('of calls that are free the one submitted first goes first', async () => {
  const injector = await injectorWith({ perMinute: 1200 });
  await injector.injectDTMF(params('warm'));
  const names = Array.from({ length: 20 }, (_, n) => `call-${n}`);
  await Promise.all(names.map((name) => injector.injectDTMF(params(name))));
  const left = simulator.requests().filter(({ callId }) => names.includes(callId));
  expect(left.map(({ callId }) => callId)).toEqual(names);
});

test('a limit that lets nothing go before the deadline is told at once', async () => {
  const injector = await injectorWith({ perCallPerMinute: 1 });
  await injector.injectDTMF(params('call-1'));
  const error = await injector.injectDTMF(params('call-1')).catch((reason) => reason);
  expect(error).toMatchObject({
    code: 'ERR_DTMF_RATE_LIMITED',
    delivery: 'not-sent',
    retryable: true,
    attempts: 0,
  });
  expect(error.retryAfterMs).toBeGreaterThan(50_000);
  await injector.injectDTMF(params('call-2'));
});

test.each([
  ['99999999999'],
  ['18446744073709551615'],
  ['99999999999999999999999999'],
  ['Fri, 31 Dec 9999 23:59:59 GMT'],
])('a Retry-After of %s holds other calls back for an hour at most', async (retryAfter) => {
  const injector = await injectorWith({ perMinute: 6000, burst: 10 });
  simulator.script([{ status: 429, headers: { 'retry-after': retryAfter } }], { callId: 'call-1' });
  const first = await injector.injectDTMF(params('call-1')).catch((reason) => reason);
  expect(first).toMatchObject({ code: 'ERR_DTMF_RATE_LIMITED', delivery: 'refused' });
  const other = await injector.injectDTMF(params('call-2')).catch((reason) => reason);
  expect(other).toMatchObject({ code: 'ERR_DTMF_RATE_LIMITED', delivery: 'not-sent', attempts: 0 });
  expect(other.retryAfterMs).toBeGreaterThan(3_500_000);
  expect(other.retryAfterMs).toBeLessThanOrEqual(3_600_000);
});

test.each([
  [{}, 'rateLimit must have perMinute or perCallPerMinute'],
  [{ perMinute: 0 }, 'rateLimit.perMinute must be a whole number from 1 to 1000000'],
  [{ perMinute: 1, burst: 1.5 }, 'rateLimit.burst must be a whole number from 1 to 1000000'],
  [
    { perMinutes: 1 },
    'rateLimit.perMinutes is not an option: check the spelling, did you mean rateLimit.perMinute?',
  ],
  ['60', 'rateLimit must be an object'],
])('%j is refused', async (rateLimit, message) => {
  await expect(injectorWith(rateLimit)).rejects.toMatchObject({ code: 'ERR_DTMF_INVALID', message });
});
