'use strict';

// The option `fleet`: each rule names its field, and nothing of a URL is repeated.

const { CXoneAuthClient, DtmfInjector } = require('..');
const { thrown } = require('./support/bench');

const url = 'redis://somebody:hunter2@127.0.0.1';

/**
 * @param {unknown} fleet
 * @param {object} [rest]
 */
function injectorWith(fleet, rest) {
  const auth = new CXoneAuthClient({ authUrl: 'https://auth.example', clientId: 'a', clientSecret: 'b' });
  return new DtmfInjector(auth, { apiUrl: 'https://api.example', logger: false, fleet, ...rest });
}

test.each([
  ['x', 'fleet must be an object'],
  [{}, 'fleet.url is missing'],
  [{ url: 7 }, 'fleet.url must be a string or an array of strings'],
  [{ url: '' }, 'fleet.url must be a non-empty string'],
  [{ url: [] }, 'fleet.url must name at least one node'],
  [{ url: [url, 7] }, 'fleet.url must be an array of strings'],
  [{ url: [url, 'redis://hunter2/1'] }, 'fleet.url must name no database'],
  [{ url: 'hunter2' }, 'fleet.url must be redis://'],
  [{ url: 'https://:hunter2@host' }, 'fleet.url must be redis://'],
  [{ url: `${url}/first` }, 'fleet.url must be redis://'],
  [{ sentinels: [url] }, 'fleet.master is missing'],
  [{ url, master: 'main' }, 'fleet.sentinels is missing'],
  [{ sentinels: 'x', master: 'main' }, 'fleet.sentinels must be an array of strings'],
  [{ sentinels: [], master: 'main' }, 'fleet.sentinels must name at least one Sentinel'],
  [{ sentinels: ['hunter2'], master: 'main' }, 'fleet.sentinels must be redis://'],
  [{ sentinels: [`${url}/1`], master: 'main' }, 'fleet.sentinels must name no database'],
  [{ sentinels: [url], master: 'a b' }, 'fleet.master must be the name'],
  [{ sentinels: [url], master: 'main', url: [url, url] }, 'fleet.url must be one URL beside fleet.sentinels'],
  [{ url, prefix: 'a{b}' }, 'fleet.prefix must be 1 to 64 characters'],
  [{ url, prefix: 7 }, 'fleet.prefix must be a non-empty string'],
  [{ url, onUnavailable: 'ignore' }, "fleet.onUnavailable must be 'fail', 'local'"],
  [{ url, leaseMs: 0 }, 'fleet.leaseMs must be a whole number from 1 to 86400000'],
  [{ url, leaseMs: 16_499 }, 'fleet.leaseMs must be at least 16500'],
  [{ url, processes: 0 }, 'fleet.processes must be a whole number from 1 to 1000000'],
  [{ url, timeoutMs: 0 }, 'fleet.timeoutMs must be a whole number from 1'],
  [{ url, leaseMs: 18_000, timeoutMs: 6_000 }, 'fleet.timeoutMs must be less than a third of fleet.leaseMs'],
  [{ url, connectTimeoutMs: 1.5 }, 'fleet.connectTimeoutMs must be a whole number from 1'],
  [{ url, caBundle: 'hunter2' }, 'fleet.caBundle holds no certificate in PEM form'],
  [{ url, lease: 1 }, 'fleet.lease is not an option: check the spelling, did you mean fleet.leaseMs?'],
])('names what is wrong: %j', (fleet, message) => {
  const error = thrown(() => injectorWith(fleet));
  expect(error).toMatchObject({ code: 'ERR_DTMF_INVALID', delivery: 'not-sent', retryable: false });
  expect(error.message).toContain(message);
  expect(error.message).not.toContain('hunter2');
});

test('both limits of what is allowed are taken, and no connection is made before one is needed', async () => {
  const allowed = [
    { url },
    { url: [url, 'rediss://[::1]:7000'] },
    { url, leaseMs: 16_500, timeoutMs: 5_499, connectTimeoutMs: 1, processes: 1_000_000 },
    { url, prefix: 'x'.repeat(64), onUnavailable: 'local' },
    undefined,
  ];
  for (const fleet of allowed) await injectorWith(fleet).close();
});

test('the lease grows with the time-out of an attempt, unless it is set', () => {
  expect(() => injectorWith({ url }, { timeoutMs: 60_000 })).not.toThrow();
  const error = thrown(() => injectorWith({ url, leaseMs: 20_000 }, { timeoutMs: 60_000 }));
  expect(error.message).toContain('fleet.leaseMs must be at least 91500');
});
