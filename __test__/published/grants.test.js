'use strict';

const http2 = require('node:http2');
const util = require('node:util');

const { CXoneAuthClient } = require('../..');
const { failure } = require('../support/bench');
const { Endpoint } = require('../support/endpoint');
const { Authority } = require('../network/certificate');
const { newStage } = require('../support/simulated');

const stage = newStage();

const KEY = { accessKeyId: 'key-canary-id=', accessKeySecret: 'canary+secret "ä"/=' };
const CLIENT = { clientId: 'app & co', clientSecret: 'client-canary=+1' };
const SECRETS = [KEY.accessKeyId, KEY.accessKeySecret, CLIENT.clientSecret, 'refresh-canary', 'token-canary'];

const PASSWORD = { grant: 'password', ...KEY, ...CLIENT };
const ACCESS_KEY = { grant: 'access-key', ...KEY };
const FORM = 'application/x-www-form-urlencoded';

const ID = 'key-canary-id%3D';
const SECRET = 'canary%2Bsecret+%22%C3%A4%22%2F%3D';
const APP = 'client_id=app+%26+co&client_secret=client-canary%3D%2B1';

/** The two shapes in which the platform answers. */
const SHAPES = {
  'access_token, refresh_token': (n, more) => ({
    access_token: `token-canary-${n}`,
    token_type: 'Bearer',
    expires_in: 3600,
    refresh_token: `refresh-canary-${n}`,
    ...more,
  }),
  'token, refreshToken': (n, more) => ({
    token: `token-canary-${n}`,
    refreshToken: `refresh-canary-${n}`,
    tokenExpirationTimeSec: 3600,
    refreshTokenExpirationTimeSec: 7200,
    ...more,
  }),
};
const [granted, grantedOtherwise] = Object.values(SHAPES);

const GRANTS = [
  {
    name: 'password',
    config: PASSWORD,
    path: '/auth/token',
    type: FORM,
    body: `grant_type=password&username=${ID}&password=${SECRET}&${APP}`,
    refreshPath: '/auth/token',
    refreshBody: (n) => `grant_type=refresh_token&refresh_token=refresh-canary-${n}&${APP}`,
  },
  {
    name: 'access-key',
    config: ACCESS_KEY,
    path: '/authentication/v1/token/access-key',
    type: 'application/json',
    body: '{"accessKeyId":"key-canary-id=","accessKeySecret":"canary+secret \\"ä\\"/="}',
    refreshPath: '/public/user/refresh',
    refreshBody: (n) => `{"token":"refresh-canary-${n}"}`,
  },
];

let endpoint;
const started = [];

beforeEach(async () => {
  endpoint = await start(new Endpoint());
});

afterEach(async () => {
  await Promise.all(started.splice(0).map((one) => one.stop()));
});

async function start(one) {
  started.push(one);
  return one.listen();
}

function client(config, more = {}) {
  return new CXoneAuthClient({ authUrl: endpoint.url, logger: false, ...config, ...more });
}

/** Asks anew, whatever is kept. */
function again(auth) {
  auth.invalidateToken();
  return auth.getAccessToken();
}

function expectNoSecret(error) {
  const shown = util.inspect(error, { depth: null, showHidden: true }) + JSON.stringify(error);
  for (const secret of SECRETS) {
    for (const form of [secret, encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1)]) {
      expect(shown).not.toContain(form);
    }
  }
}

describe.each(GRANTS)('grant $name', ({ config, path, type, body, refreshPath, refreshBody }) => {
  test('asks byte for byte as it is published', async () => {
    endpoint.answer({ body: granted(1) });
    expect(await client(config).getAccessToken()).toBe('token-canary-1');
    expect(endpoint.requests).toMatchObject([{ method: 'POST', path, body }]);
    expect(endpoint.requests[0].headers).toMatchObject({
      'content-type': type,
      accept: 'application/json',
      'user-agent': `cxone-dtmf/${require('../../package.json').version}`,
    });
    expect(endpoint.requests[0].headers).not.toHaveProperty('authorization');
  });

  test.each(['', '/', path, `${path}//`, path.slice(0, path.lastIndexOf('/'))])(
    'authUrl with %p at its end is completed, not doubled',
    async (end) => {
      endpoint.answer({ body: granted(1) }, { body: granted(2) });
      const auth = client(config, { authUrl: `${endpoint.url}/base${end}` });
      await auth.getAccessToken();
      await again(auth);
      expect(endpoint.requests.map((request) => request.path)).toEqual([
        `/base${path}`,
        `/base${refreshPath}`,
      ]);
    },
  );

  test.each(Object.keys(SHAPES))('each refresh token is used once, in answers with %s', async (shape) => {
    const answer = SHAPES[shape];
    endpoint.answer(
      { body: answer(1) },
      { body: answer(2) },
      { body: answer(3, { refresh_token: undefined, refreshToken: undefined }) },
      { body: answer(4) },
    );
    const auth = client(config);
    for (const n of [1, 2, 3, 4]) expect(await again(auth)).toBe(`token-canary-${n}`);
    expect(endpoint.requests.map((request) => [request.path, request.body])).toEqual([
      [path, body],
      [refreshPath, refreshBody(1)],
      [refreshPath, refreshBody(2)],
      [path, body],
    ]);
    expect(endpoint.requests[1].headers).toMatchObject({ 'content-type': type, accept: 'application/json' });
  });

  test.each([400, 401, 403, 410])(
    'a refresh that is refused with %i gives way to the credentials in the same call',
    async (status) => {
      endpoint.answer(
        { body: granted(1) },
        { status, body: { error: 'invalid_grant' } },
        { body: granted(2) },
      );
      const auth = client(config);
      await auth.getAccessToken();
      expect(await again(auth)).toBe('token-canary-2');
      expect(endpoint.requests.map((request) => request.path)).toEqual([path, refreshPath, path]);
    },
  );

  test.each([429, 500, 503])(
    'a refresh that meets %i is the error of the call, and its token is not used again',
    async (status) => {
      endpoint.answer({ body: granted(1) }, { status, body: '' }, { body: granted(2) });
      const auth = client(config);
      await auth.getAccessToken();
      const error = await failure(again(auth));
      expect(error).toMatchObject({ code: 'ERR_DTMF_AUTH', delivery: 'not-sent', retryable: true });
      expectNoSecret(error);
      expect(endpoint.requests).toHaveLength(2);
      await new Promise((resolve) => setTimeout(resolve, error.retryAfterMs + 20));
      expect(await auth.getAccessToken()).toBe('token-canary-2');
      expect(endpoint.requests[2]).toMatchObject({ path, body });
    },
  );

  test.each([
    ...[
      'invalid_request',
      'invalid_client',
      'invalid_grant',
      'unauthorized_client',
      'unsupported_grant_type',
      'invalid_scope',
    ].map((error) => [`400 ${error}`, { status: 400, body: { error } }, false]),
    ['401', { status: 401, body: { error: 'invalid_grant' } }, false],
    ['403 in HTML', { status: 403, body: '<html>no</html>' }, false],
    ['302', { status: 302, headers: { location: 'https://login.example/' }, body: '' }, false],
    ['429', { status: 429, headers: { 'retry-after': '7' }, body: '' }, true],
    ['500', { status: 500, body: '<html>oops</html>' }, true],
    ['503', { status: 503, body: '' }, true],
    ['200 in HTML', { body: '<html>sign in</html>' }, false],
    ['200 without a body', { body: '' }, false],
    ['200 without a token', { body: { expires_in: 60 } }, false],
    ['200 that is cut', { body: '{"access_token":"token-canary', cut: true }, true],
  ])('%s is told for what it is', async (_, step, retryable) => {
    endpoint.answer(step);
    const error = await failure(client(config).getAccessToken());
    expect(error).toMatchObject({ code: 'ERR_DTMF_AUTH', delivery: 'not-sent', retryable });
    if (step.status === 429) expect(error.retryAfterMs).toBe(7000);
    const known = step.body?.error;
    if (step.status === 401 || known === 'invalid_client') {
      expect(error.message).toBe('OAuth authentication failed: invalid client credentials');
    } else if (known) {
      expect(error.message).toContain(known);
    }
    expect(endpoint.requests).toHaveLength(1);
  });

  test('no error shows what an endpoint echoes', async () => {
    // An endpoint can only say again what it was told.
    const told = config.clientSecret ? SECRETS.slice(0, 3) : SECRETS.slice(0, 2);
    const echo = told.join(' and ');
    const headers = { 'x-echo': encodeURIComponent(echo) };
    const refusal = (said) => ({
      status: 400,
      headers,
      body: { error: 'invalid_request', error_description: said },
    });
    for (const said of [echo, encodeURIComponent(echo), body]) {
      endpoint.answer(refusal(said));
      const error = await failure(client(config).getAccessToken());
      // The text is there, so that what is missing was masked.
      expect(error.response.data).toMatchObject({ error_description: expect.stringContaining('*****') });
      expectNoSecret(error);
    }
    const auth = client(config);
    endpoint.answer({ body: granted(1) }, { ...refusal('refresh-canary-1'), status: 503 });
    await auth.getAccessToken();
    expectNoSecret(await failure(again(auth)));
    expectNoSecret(auth);
  });
});

describe('scope', () => {
  test('goes with the password grant only when it is given', async () => {
    endpoint.answer({ body: granted(1) });
    await client(PASSWORD, { scope: 'openid x' }).getAccessToken();
    expect(endpoint.requests[0].body).toMatch(/&scope=openid\+x$/);
  });
});

describe('access-key', () => {
  test.each([404, 405])(
    'renews by the standard form, without a client, where /public/user/refresh answers %i',
    async (status) => {
      endpoint.answer({ body: granted(1) }, { status, body: '' }, { body: granted(2) });
      const auth = client(ACCESS_KEY);
      await auth.getAccessToken();
      expect(await again(auth)).toBe('token-canary-2');
      expect(endpoint.requests.map(({ path }) => path)).toEqual([
        '/authentication/v1/token/access-key',
        '/public/user/refresh',
        '/auth/token',
      ]);
      expect(endpoint.requests[2]).toMatchObject({
        body: 'grant_type=refresh_token&refresh_token=refresh-canary-1',
        headers: { 'content-type': FORM },
      });
      expect(endpoint.requests[2].headers).not.toHaveProperty('authorization');
    },
  );

  test('asks with the key again when neither is there', async () => {
    const gone = { status: 404, body: '' };
    endpoint.answer({ body: granted(1) }, gone, gone, { body: granted(2) });
    const auth = client(ACCESS_KEY);
    await auth.getAccessToken();
    expect(await again(auth)).toBe('token-canary-2');
    expect(endpoint.requests).toHaveLength(4);
  });
});

describe('client_credentials', () => {
  test('is the default, and takes no refresh token (RFC 6749 §4.4.3)', async () => {
    for (const config of [CLIENT, { grant: 'client_credentials', ...CLIENT }]) {
      endpoint.answer({ body: granted(1) }, { body: grantedOtherwise(2) }, { body: granted(3) });
      const auth = client(config);
      for (const n of [1, 2, 3]) expect(await again(auth)).toBe(`token-canary-${n}`);
    }
    expect(endpoint.requests).toHaveLength(6);
    for (const request of endpoint.requests) {
      expect(request.path).toBe('/oauth/token');
      expect(request.body).toMatch(/^grant_type=client_credentials&/);
    }
  });
});

describe('options', () => {
  test.each([
    ['accessKeyId', 'client_credentials', { ...CLIENT, accessKeyId: 'canary' }],
    ['accessKeySecret', 'client_credentials', { ...CLIENT, accessKeySecret: 'canary' }],
    ['clientId', 'access-key', { ...ACCESS_KEY, clientId: 'canary' }],
    ['clientSecret', 'access-key', { ...ACCESS_KEY, clientSecret: 'canary' }],
    ['scope', 'access-key', { ...ACCESS_KEY, scope: 'canary' }],
    ['clientAuthentication', 'access-key', { ...ACCESS_KEY, clientAuthentication: 'body' }],
  ])('%s does not belong to %s', (field, grant, config) => {
    expect(() => client(config)).toThrow(
      expect.objectContaining({
        code: 'ERR_DTMF_INVALID',
        message: `${field} does not belong to grant '${grant}'`,
      }),
    );
  });

  test.each([
    ['accessKeyId', PASSWORD],
    ['accessKeySecret', PASSWORD],
    ['clientId', PASSWORD],
    ['clientSecret', PASSWORD],
    ['accessKeyId', ACCESS_KEY],
    ['accessKeySecret', ACCESS_KEY],
  ])('%s must be there', (field, config) => {
    for (const value of [undefined, '', 7]) {
      expect(() => client(config, { [field]: value })).toThrow(
        expect.objectContaining({
          code: 'ERR_DTMF_INVALID',
          message: expect.stringMatching(new RegExp(`^${field} `)),
        }),
      );
    }
  });

  test.each([
    ['grant', 'canary'],
    ['grant', 'Password'],
    ['http1Only', 'yes'],
    ['clientAuthentication', 'canary'],
    ['clientAuthentication', 'Basic'],
  ])('%s cannot be %p', (field, value) => {
    expect(() => client(PASSWORD, { [field]: value })).toThrow(
      expect.objectContaining({
        code: 'ERR_DTMF_INVALID',
        message: expect.stringMatching(new RegExp(`^${field} must be (?!.*canary)`)),
      }),
    );
  });
});

describe('http1Only', () => {
  test.each([
    [undefined, '2.0'],
    [false, '2.0'],
    [true, '1.1'],
  ])('%p speaks HTTP/%s where both are offered', async (http1Only, version) => {
    const authority = new Authority();
    const tls = { ...authority.identity('localhost'), allowHTTP1: true };
    const both = await start(new Endpoint(http2.createSecureServer(tls)));
    both.answer({ body: granted(1) });
    const authUrl = `https://localhost:${both.port}`;
    await client(PASSWORD, { authUrl, caBundle: authority.pem, http1Only }).getAccessToken();
    expect(both.requests.map((request) => request.httpVersion)).toEqual([version]);
  });
});

describe('with the simulator', () => {
  test.each(['password', 'access-key'])(
    '%s presses, refreshes, and goes on when refresh tokens are revoked',
    async (grant) => {
      const simulator = await stage.simulator();
      const { clientId, clientSecret, ...key } = simulator.accessKey;
      const own = grant === 'password' ? { clientId, clientSecret } : {};
      const auth = new CXoneAuthClient({ grant, ...key, ...own, logger: false });
      const first = await auth.getAccessToken();
      const second = await again(auth);
      simulator.revokeRefreshTokens();
      const third = await again(auth);
      expect(new Set([first, second, third]).size).toBe(3);
      expect(simulator.requests().map(({ status }) => status)).toEqual([200, 200, expect.any(Number), 200]);
    },
  );
});
