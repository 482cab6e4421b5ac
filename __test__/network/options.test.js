'use strict';

const util = require('node:util');

const { CXoneAuthClient, DtmfInjector } = require('../..');
const { thrown } = require('../support/bench');
const { Authority } = require('./certificate');

const CREDENTIALS = { authUrl: 'https://auth.example', clientId: 'id', clientSecret: 'secret' };
const auth = new CXoneAuthClient({ ...CREDENTIALS, logger: false });
const { pem } = new Authority();

const makers = {
  injector: (options) => new DtmfInjector(auth, { apiUrl: 'https://api.example', logger: false, ...options }),
  'auth client': (options) => new CXoneAuthClient({ ...CREDENTIALS, logger: false, ...options }),
};

/** `[what is wrong, the option, how the message begins]`; no value that is a text with "canary" may be shown. */
const OF_BOTH = [
  [
    'no text',
    { caBundle: Buffer.from(pem) },
    "caBundle must be the text of certificates in PEM form: read its file as 'utf8'",
  ],
  ['an empty bundle', { caBundle: '' }, 'caBundle must be'],
  ['no certificate', { caBundle: 'canary' }, 'caBundle holds no certificate'],
  [
    'a broken certificate',
    { caBundle: pem.replace(/\n.{20}/, '\n%canary%') },
    'caBundle has a certificate that cannot be used, number 1 at line 1: what is between its marks is not base64',
  ],
  ['a key', { caBundle: '-----BEGIN PRIVATE KEY-----\ncanary==\n-----END PRIVATE KEY-----\n' }, 'caBundle '],
  [
    'a second one that breaks off',
    { caBundle: `${pem}\n-----BEGIN CERTIFICATE-----\ncanary` },
    `caBundle has a certificate that cannot be used, number 2 at line ${pem.split('\n').length + 1}: it has no end`,
  ],
  ['half a client certificate', { clientCertificate: { cert: pem } }, 'clientCertificate.key'],
  [
    'a client certificate without a key',
    { clientCertificate: { cert: pem, key: 'canary' } },
    'clientCertificate.key holds no private key',
  ],
  ['a negative time', { poolIdleMs: -1 }, 'poolIdleMs must be'],
  ['a word', { proxy: 'canary' }, "proxy must be 'env' or the http or https URL of a proxy"],
  ['the word in capitals', { proxy: 'ENV' }, 'proxy must be'],
  ['a switch', { proxy: true }, 'proxy must be'],
  ['an object', { proxy: { host: 'canary' } }, 'proxy must be'],
  ['an empty proxy', { proxy: '' }, 'proxy must be'],
  ['no scheme', { proxy: 'user:canary@proxy.example:3128' }, 'proxy must be'],
  ['SOCKS', { proxy: 'socks5://user:canary@proxy.example' }, 'proxy must be'],
  ['no host', { proxy: 'http://' }, 'proxy must be'],
  ['a bad port', { proxy: 'http://user:canary@proxy.example:99999' }, 'proxy must be'],
  ['a text', { insecureHosts: 'canary' }, 'insecureHosts must be an array of strings'],
  ['a number', { insecureHosts: [1] }, 'insecureHosts must be an array of strings'],
  ['a wildcard', { insecureHosts: ['ok', '*.canary'] }, 'insecureHosts[1] must be a host name or host:port'],
  ['a URL', { insecureHosts: ['http://canary'] }, 'insecureHosts[0] must be'],
  ['too many', { insecureHosts: Array(33).fill('a') }, 'insecureHosts must not have more than 32 entries'],
];

const OF_INJECTORS = [
  ['a text', { headers: 'canary' }, 'headers must be an object of strings'],
  ['an array', { headers: [['X-Key', 'canary']] }, 'headers must be an object of strings'],
  ['a number', { headers: { 'X-Key': 1 } }, 'headers must have strings only: entry 1 is none'],
  ['several values', { headers: { 'X-Key': ['canary'] } }, 'headers must have strings only'],
  [
    'a line break',
    { headers: { 'X-Key': 'canary\r\nX-Other: 1' } },
    'headers.X-Key must be 1 to 4096 characters',
  ],
  ['a letter beyond ASCII', { headers: { 'X-Key': 'canary-é' } }, 'headers.X-Key must be'],
  ['a NUL', { headers: { 'X-Key': 'canary\0' } }, 'headers.X-Key must be'],
  ['nothing', { headers: { 'X-Key': '' } }, 'headers.X-Key must be'],
  [
    'a header line as name',
    { headers: { 'X-Key: canary': 'a' } },
    'headers has a name that is no header name: entry 1',
  ],
  [
    'a line break in a name',
    { headers: { 'X-Key\r\nX-Canary': 'a' } },
    'headers has a name that is no header name',
  ],
  ['a name twice', { headers: { 'X-Key': 'canary', 'x-key': 'canary' } }, 'headers.x-key is given twice'],
  [
    'too many',
    { headers: Object.fromEntries(Array.from({ length: 33 }, (_, n) => [`x-${n}`, 'canary'])) },
    'headers must not have more than 32',
  ],
  [
    'the user agent',
    { headers: { 'User-Agent': 'canary' } },
    'headers.User-Agent cannot be set: use userAgent',
  ],
  ...[
    ...[
      'Accept',
      'Authorization',
      'authorization',
      'Connection',
      'Content-Encoding',
      'Content-Length',
      'Content-Type',
    ],
    ...[
      'Expect',
      'Host',
      'Keep-Alive',
      'Proxy-Authorization',
      'TE',
      'Trailer',
      'Transfer-Encoding',
      'Upgrade',
    ],
  ].map((name) => [
    name,
    { headers: { [name]: 'canary' } },
    `headers.${name} cannot be set: this package sets it`,
  ]),
  ['an empty agent', { userAgent: '' }, 'userAgent must be'],
  ['a number', { userAgent: 1 }, 'userAgent must be'],
  ['a line break', { userAgent: 'canary\r\nX-Other: 1' }, 'userAgent must be 1 to 256 characters'],
  ['a long agent', { userAgent: 'canary'.repeat(43) }, 'userAgent must be 1 to 256 characters'],
];

const CASES = [
  ...OF_INJECTORS.map((row) => ['injector', ...row]),
  ...Object.keys(makers).flatMap((maker) => OF_BOTH.map((row) => [maker, ...row])),
];

test.each(CASES)(
  '%s: %s is refused by the name of its option, and not repeated',
  (maker, _, options, message) => {
    const error = thrown(() => makers[maker](options));
    expect(error).toMatchObject({ code: 'ERR_DTMF_INVALID', delivery: 'not-sent' });
    expect(error.message.slice(0, message.length)).toBe(message);
    expect(util.inspect(error, { showHidden: true })).not.toMatch(/canary/i);
  },
);

test.each(Object.keys(makers))('%s: every option within its limits', (maker) => {
  makers[maker]({ caBundle: pem });
  makers[maker]({ caBundle: `# two of them\n${pem}\n${pem}` });
  makers[maker]({ proxy: 'http://user:p%40ss@proxy.example:3128' });
  makers[maker]({ proxy: 'https://proxy.example/' });
  makers[maker]({ insecureHosts: [] });
  makers[maker]({ insecureHosts: ['mock.internal', '10.0.0.1:8080', '[fd00::1]:80'] });
  makers[maker]({ caBundle: undefined, proxy: undefined, insecureHosts: undefined });
});

test('headers and user agent within their limits', () => {
  makers.injector({ headers: {} });
  makers.injector({ headers: { 'X-Tenant': undefined } });
  makers.injector({ headers: { 'X-Key': 'v'.repeat(4096), "x-!#$%&'*+-.^_`|~9": 'two words' } });
  makers.injector({ headers: Object.fromEntries(Array.from({ length: 32 }, (_, n) => [`x-${n}`, 'v'])) });
  makers.injector({ userAgent: 'a'.repeat(256) });
});

test('auth clients have neither headers nor userAgent', () => {
  for (const name of ['headers', 'userAgent']) {
    const error = thrown(() => makers['auth client']({ [name]: 'a' }));
    expect(error.message).toBe(`${name} is not an option: check the spelling`);
  }
});

test('what a polluted prototype names is no header', () => {
  const headers = Object.create({ authorization: 'Bearer canary' });
  headers['X-Key'] = 'v';
  makers.injector({ headers });
});

test('neither injector nor auth client shows what it was given', () => {
  const secret = { proxy: 'http://user:canary@proxy.example' };
  for (const made of [
    makers.injector({ ...secret, headers: { 'X-Key': 'canary' } }),
    makers['auth client'](secret),
  ]) {
    expect(util.inspect(made, { depth: Infinity, showHidden: true })).not.toMatch(/canary/);
    expect(JSON.stringify(made)).not.toMatch(/canary/);
  }
});

describe('plain http', () => {
  const apiUrl = 'http://mock.internal:8080/base';

  test.each([
    ['apiUrl', (options) => makers.injector({ apiUrl, ...options })],
    ['authUrl', (options) => makers['auth client']({ authUrl: apiUrl, ...options })],
  ])('%s: only to this machine and to hosts that are named', (field, make) => {
    const error = thrown(() => make({}));
    expect(error.code).toBe('ERR_DTMF_INVALID');
    expect(error.message).toMatch(new RegExp(`^${field} must use https: .*insecureHosts`));
    for (const insecureHosts of [['mock.internal'], ['MOCK.internal:8080']]) make({ insecureHosts });
    for (const host of ['mock.internal:80', 'internal', 'a.mock.internal', 'mock.internal.example']) {
      expect(thrown(() => make({ insecureHosts: [host] })).code).toBe('ERR_DTMF_INVALID');
    }
  });
});
