'use strict';

// A set-up that is wholly at NICE's addresses is told what NICE does not publish. Nothing is sent here.

const { CXoneAuthClient, DtmfInjector } = require('../..');
const { command } = require('../cli/command');

const NICE = { authUrl: 'https://cxone.niceincontact.com', apiUrl: 'https://api-na1.niceincontact.com' };
const CLOUD = { authUrl: 'https://nicecxone-sov1.eu', apiUrl: 'https://api-x1.nicecxone-sov1.eu' };
const CLIENT = { clientId: 'till', clientSecret: 'till-secret' };
const KEY = { accessKeyId: 'key', accessKeySecret: 'key-secret' };

function newLogger() {
  const warned = [];
  return { warned, info() {}, error() {}, warn: (message) => warned.push(message) };
}

function warningsOf({ authUrl, apiUrl }, grant, api, own = undefined) {
  const logger = newLogger();
  const credentials = grant === 'access-key' ? KEY : { ...CLIENT, ...(grant === 'password' && KEY) };
  const auth = own ?? new CXoneAuthClient({ authUrl, grant, ...credentials });
  new DtmfInjector(auth, { apiUrl, api, logger });
  return logger.warned;
}

const API = /telephony-v2.*'agent-session'.*https:\/\/developer\.niceincontact\.com\/API\/AgentAPI/;
const GRANT = /client_credentials.*'password' and 'access-key'.*https:\/\/developer\.niceincontact\.com\/FAQ/;

test.each([
  ['client_credentials', 'telephony-v2', [API, GRANT]],
  ['client_credentials', 'agent-session', [GRANT]],
  ['password', 'telephony-v2', [API]],
  ['access-key', undefined, [API]],
])('grant %s with api %s is one warning', (grant, api, expected) => {
  for (const urls of [NICE, CLOUD]) {
    const warned = warningsOf(urls, grant, api);
    expect(warned).toHaveLength(1);
    for (const words of [API, GRANT]) {
      if (expected.includes(words)) expect(warned[0]).toMatch(words);
      else expect(warned[0]).not.toMatch(words);
    }
  }
});

test('what NICE publishes, and what is not wholly at its addresses, is not warned of', () => {
  expect(warningsOf(NICE, 'password', 'agent-session')).toEqual([]);
  expect(warningsOf({ ...NICE, apiUrl: 'discover' }, 'access-key', 'agent-session')).toEqual([]);
  const elsewhere = { authUrl: 'https://auth.example', apiUrl: 'https://niceincontact.com.example' };
  for (const urls of [
    elsewhere,
    { ...NICE, apiUrl: elsewhere.apiUrl },
    { ...NICE, authUrl: elsewhere.authUrl },
  ]) {
    expect(warningsOf(urls, 'client_credentials', 'telephony-v2')).toEqual([]);
  }
});

test('discovery is part of such a set-up, and so are tokens of other sources', () => {
  const discovers = { ...NICE, apiUrl: 'discover' };
  expect(warningsOf(discovers, 'client_credentials', 'agent-session')).toEqual([
    expect.stringMatching(GRANT),
  ]);
  const own = { getAccessToken: async () => 'token' };
  expect(warningsOf(NICE, undefined, 'telephony-v2', own)).toEqual([expect.stringMatching(API)]);
});

test('a logger is told once, however many injectors it serves', () => {
  const logger = newLogger();
  const auth = new CXoneAuthClient({ authUrl: NICE.authUrl, ...CLIENT });
  for (let n = 0; n < 3; n++) new DtmfInjector(auth, { apiUrl: NICE.apiUrl, logger });
  expect(logger.warned).toHaveLength(1);
});

test('doctor says it too', async () => {
  const env = {
    CXONE_AUTH_URL: 'http://127.0.0.1:9',
    CXONE_API_URL: 'http://127.0.0.1:9',
    CXONE_CLIENT_ID: 'till',
    CXONE_CLIENT_SECRET: 'till-secret',
  };
  const published = async (more) => {
    const { stdout } = await command(['doctor', '--json', '--proxy', 'http://127.0.0.1:9'], {
      env: { ...env, ...more },
    });
    return JSON.parse(stdout).find(({ check }) => check === 'published');
  };
  expect(await published({})).toMatchObject({ status: 'ok' });
  const warned = await published({ CXONE_AUTH_URL: NICE.authUrl, CXONE_API_URL: NICE.apiUrl });
  expect(warned).toMatchObject({ status: 'warning', message: expect.stringMatching(API) });
  expect(warned.message).toMatch(GRANT);
  expect(warned.advice).toContain('CXONE_GRANT');
});
