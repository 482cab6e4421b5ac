'use strict';

// Where client id and secret go (RFC 6749 §2.3.1), and what is said when the endpoint wants them elsewhere.

const util = require('node:util');

const { CXoneAuthClient } = require('../..');
const { failure } = require('../support/bench');
const { Endpoint } = require('../support/endpoint');

const CLIENT = { clientId: 'till 4: "nord"', clientSecret: 'näh+canary:%/=&' };
const KEY = { accessKeyId: 'key-9', accessKeySecret: 'key-secret-canary' };
const GRANTS = [
  ['client_credentials', CLIENT],
  ['password', { ...CLIENT, ...KEY }],
];

/** As forms write it, so that neither half has a colon. */
const form = (text) => new URLSearchParams({ '': text }).toString().slice(1);
const PAIR = `${form(CLIENT.clientId)}:${form(CLIENT.clientSecret)}`;
const BASIC = Buffer.from(PAIR).toString('base64');

const granted = (n) => ({
  body: { access_token: `token-${n}`, refresh_token: `refresh-${n}`, expires_in: 600 },
});
const refused = { status: 401, body: { error: 'invalid_client' } };

let endpoint;
beforeEach(async () => {
  endpoint = await new Endpoint().listen();
});
afterEach(() => endpoint.stop());

const client = (config) => new CXoneAuthClient({ authUrl: endpoint.url, logger: false, ...config });

describe.each(GRANTS)('grant %s', (grant, credentials) => {
  const own = { grant, ...credentials };

  test("'basic' puts both into the header, form-encoded, and neither into the form", async () => {
    endpoint.answer(granted(1));
    await client({ ...own, clientAuthentication: 'basic' }).getAccessToken();
    const [{ headers, body }] = endpoint.requests;
    expect(headers.authorization).toBe(`Basic ${BASIC}`);
    expect([...new URLSearchParams(body).keys()]).toEqual(
      grant === 'password' ? ['grant_type', 'username', 'password'] : ['grant_type', 'scope'],
    );
  });

  test.each([{}, { clientAuthentication: 'body' }])('%p puts both into the form', async (more) => {
    endpoint.answer(granted(1));
    await client({ ...own, ...more }).getAccessToken();
    const [{ headers, body }] = endpoint.requests;
    expect(headers).not.toHaveProperty('authorization');
    const fields = new URLSearchParams(body);
    expect(fields.get('client_id')).toBe(CLIENT.clientId);
    expect(fields.get('client_secret')).toBe(CLIENT.clientSecret);
  });

  test.each([
    PAIR,
    BASIC,
    BASIC.replace(/=+$/, ''),
    encodeURIComponent(BASIC),
    `${CLIENT.clientId}:${CLIENT.clientSecret}`,
  ])('what the endpoint repeats of the header does not come out: form %#', async (echo) => {
    for (const clientAuthentication of ['basic', 'body']) {
      endpoint.answer({
        status: 401,
        headers: { 'x-echo': encodeURI(echo) },
        body: { error: 'invalid_client', error_description: `not ${echo} here` },
      });
      const error = await failure(client({ ...own, clientAuthentication }).getAccessToken());
      expect(error.response.data.error_description).toContain('*****');
      const shown = util.inspect(error, { depth: null, showHidden: true }) + JSON.stringify(error);
      for (const secret of [CLIENT.clientSecret, form(CLIENT.clientSecret), BASIC.slice(0, 24)]) {
        expect(shown).not.toContain(secret);
      }
    }
  });
});

describe('advice', () => {
  const own = { grant: 'password', ...CLIENT, ...KEY };

  test.each([
    ['body', 'basic'],
    ['basic', 'body'],
  ])('an endpoint that refuses %p is asked by %p as the error says, and grants', async (first, second) => {
    endpoint.answer(refused, granted(1));
    const error = await failure(client({ ...own, clientAuthentication: first }).getAccessToken());
    expect(error).toMatchObject({ code: 'ERR_DTMF_AUTH', delivery: 'not-sent', retryable: false });
    expect(error.message).toMatch(/^OAuth authentication failed: invalid client credentials; /);
    const [, advised] = /clientAuthentication: '(\w+)'$/.exec(error.message) ?? [];
    expect(advised).toBe(second);
    expect(await client({ ...own, clientAuthentication: advised }).getAccessToken()).toBe('token-1');
  });

  test('a refresh is authenticated the same way', async () => {
    endpoint.answer(granted(1), granted(2));
    const auth = client({ ...own, clientAuthentication: 'basic' });
    await auth.getAccessToken();
    auth.invalidateToken();
    await auth.getAccessToken();
    expect(endpoint.requests[1].headers.authorization).toBe(`Basic ${BASIC}`);
    expect(endpoint.requests[1].body).toBe('grant_type=refresh_token&refresh_token=refresh-1');
  });

  test("other refusals are not advised on, nor is the tutorial's own way", async () => {
    const words = /clientAuthentication/;
    for (const step of [
      { ...refused, status: 400 },
      { status: 401, body: { error: 'invalid_grant' } },
    ]) {
      endpoint.answer(step);
      expect((await failure(client(own).getAccessToken())).message).not.toMatch(words);
    }
    endpoint.answer(refused, refused);
    const tutorial = await failure(client(CLIENT).getAccessToken());
    expect(tutorial.message).toBe('OAuth authentication failed: invalid client credentials');
    const basic = await failure(client({ ...CLIENT, clientAuthentication: 'basic' }).getAccessToken());
    expect(basic.message).toMatch(words);
  });
});
