'use strict';

// The grants that NICE publishes, through real HTTP: what is asked, what each answer means, what refresh tokens do.

const { CXoneAuthClient } = require('../..');
const { failure, printed, thrown } = require('../support/bench');
const { newRecorders } = require('../support/recorder');
const { newStage } = require('../support/simulated');

const record = newRecorders();
const stage = newStage();

const KEY = { accessKeyId: 'key-id', accessKeySecret: 'key-secret-canary=' };
const CLIENT = { clientId: 'client & co', clientSecret: 'client-secret-canary+/' };

const password = (authUrl, more) =>
  new CXoneAuthClient({ grant: 'password', authUrl, logger: false, ...KEY, ...CLIENT, ...more });
const accessKey = (authUrl, more) =>
  new CXoneAuthClient({ grant: 'access-key', authUrl, logger: false, ...KEY, ...more });

const form = (body) => Object.fromEntries(new URLSearchParams(body));

describe('what is asked', () => {
  test('password: a form with the access key in the place of user name and password', async () => {
    const endpoint = await record(() => ({ json: { access_token: 't', expires_in: 60 } }));
    expect(await password(endpoint.url).getAccessToken()).toBe('t');
    const [asked] = endpoint.requests;
    expect(asked).toMatchObject({ method: 'POST', path: '/auth/token' });
    expect(asked.headers).toMatchObject({
      'content-type': 'application/x-www-form-urlencoded',
      accept: 'application/json',
    });
    expect(form(asked.body)).toEqual({
      grant_type: 'password',
      username: KEY.accessKeyId,
      password: KEY.accessKeySecret,
      client_id: CLIENT.clientId,
      client_secret: CLIENT.clientSecret,
    });
    // Access keys contain `=`, which would end the value.
    expect(asked.body).toContain('password=key-secret-canary%3D&');
  });

  test('password: scopes only when they are given', async () => {
    const endpoint = await record(() => ({ json: { access_token: 't', scope: 'openid' } }));
    await password(endpoint.url, { scope: 'openid' }).getAccessToken();
    expect(form(endpoint.requests[0].body).scope).toBe('openid');
    const error = await failure(password(endpoint.url, { scope: 'openid more' }).getAccessToken());
    expect(error).toMatchObject({ code: 'ERR_DTMF_SCOPE', delivery: 'not-sent' });
  });

  test('access-key: JSON with the access key alone', async () => {
    const endpoint = await record(() => ({ json: { access_token: 't', expires_in: 60 } }));
    const odd = { accessKeySecret: 'a"b\\c\u00e9' };
    expect(await accessKey(endpoint.url, odd).getAccessToken()).toBe('t');
    const [asked] = endpoint.requests;
    expect(asked).toMatchObject({ method: 'POST', path: '/authentication/v1/token/access-key' });
    expect(asked.headers).toMatchObject({ 'content-type': 'application/json', accept: 'application/json' });
    expect(JSON.parse(asked.body)).toEqual({ ...KEY, ...odd });
  });

  test.each([
    [password, '/auth', '/auth/token'],
    [password, '/auth/token/', '/auth/token'],
    [accessKey, '/x/authentication/v1', '/x/authentication/v1/token/access-key'],
  ])('%p completes %s', async (make, base, path) => {
    const endpoint = await record(() => ({ json: { access_token: 't' } }));
    await make(endpoint.url + base).getAccessToken();
    expect(endpoint.requests[0].path).toBe(path);
  });
});

describe('refresh tokens', () => {
  /** Gives a refresh token with every answer, in the shape of the endpoint. */
  const giving = () => {
    let number = 0;
    return ({ path }) => {
      number += 1;
      const [token, refresh] = [`t${number}`, `refresh-canary-${number}`];
      return path === '/public/user/refresh'
        ? {
            json: {
              token,
              refreshToken: refresh,
              tokenExpirationTimeSec: 60,
              refreshTokenExpirationTimeSec: 90,
            },
          }
        : { json: { access_token: token, refresh_token: refresh, expires_in: 60 } };
    };
  };

  test('password: redeemed at the same endpoint, by a form', async () => {
    const endpoint = await record(giving());
    const auth = password(endpoint.url);
    for (const token of ['t1', 't2', 't3']) {
      expect(await auth.getAccessToken()).toBe(token);
      auth.invalidateToken();
    }
    expect(endpoint.requests.map(({ path }) => path)).toEqual(Array(3).fill('/auth/token'));
    expect(endpoint.requests.map(({ body }) => form(body).grant_type)).toEqual([
      'password',
      'refresh_token',
      'refresh_token',
    ]);
    expect(form(endpoint.requests[2].body)).toEqual({
      grant_type: 'refresh_token',
      refresh_token: 'refresh-canary-2',
      client_id: CLIENT.clientId,
      client_secret: CLIENT.clientSecret,
    });
  });

  test('access-key: redeemed at the endpoint of its own, in its shape', async () => {
    const endpoint = await record(giving());
    const auth = accessKey(endpoint.url);
    for (const token of ['t1', 't2', 't3']) {
      expect(await auth.getAccessToken()).toBe(token);
      auth.invalidateToken();
    }
    expect(endpoint.requests.slice(1).map(({ path }) => path)).toEqual(Array(2).fill('/public/user/refresh'));
    expect(JSON.parse(endpoint.requests[2].body)).toEqual({ token: 'refresh-canary-2' });
  });

  test.each([400, 401, 403])(
    'a refused one (%i) gives way to the credentials, in the same call',
    async (status) => {
      let refusals = 0;
      const give = giving();
      const endpoint = await record((request) => {
        if (request.body.includes('refresh-canary')) {
          refusals += 1;
          return { status, json: { error: 'invalid_grant', error_description: request.body } };
        }
        return give(request);
      });
      const auth = password(endpoint.url);
      await auth.getAccessToken();
      auth.invalidateToken();
      expect(await auth.getAccessToken()).toBe('t2');
      expect(refusals).toBe(1);
    },
  );

  test('the tutorial’s grant ignores them (RFC 6749 section 4.4.3)', async () => {
    const endpoint = await record(giving());
    const auth = new CXoneAuthClient({ authUrl: endpoint.url, logger: false, ...CLIENT });
    await auth.getAccessToken();
    auth.invalidateToken();
    await auth.getAccessToken();
    expect(endpoint.requests.map(({ body }) => form(body).grant_type)).toEqual(
      Array(2).fill('client_credentials'),
    );
  });
});

describe('refusals', () => {
  const grants = [
    ['password', password],
    ['access-key', accessKey],
  ];
  const codes = [
    'invalid_request',
    'invalid_grant',
    'unauthorized_client',
    'unsupported_grant_type',
    'invalid_scope',
  ];
  const cases = [
    ...codes.map((error) => [400, { json: { error } }, `${error} (the token endpoint answered 400)`, false]),
    [400, { json: { error: 'invalid_client' } }, 'invalid client credentials', false],
    [401, { json: { error: 'invalid_client' } }, 'invalid client credentials', false],
    [401, { text: '' }, 'invalid client credentials', false],
    [403, { text: '<html>Forbidden</html>' }, 'answered 403', false],
    [302, { headers: { location: 'https://elsewhere.example/' } }, 'redirects are not followed', false],
    [429, { headers: { 'retry-after': '7' } }, 'answered 429', true],
    [500, { json: { message: 'm', route: '/r' } }, 'answered 500', true],
    [503, { text: '' }, 'answered 503', true],
    [200, { text: '<html>' }, 'not a JSON object', false],
    [200, { text: '' }, 'not a JSON object', false],
    [200, { json: { token_type: 'Bearer' } }, 'no access_token', false],
    [200, { json: { access_token: 'a b' } }, 'characters that a bearer token cannot have', false],
  ];

  describe.each(grants)('%s', (_name, make) => {
    test.each(cases)('%i %p: %s', async (status, answer, message, retryable) => {
      const endpoint = await record(() => ({ status, ...answer }));
      const error = await failure(make(endpoint.url).getAccessToken());
      expect(error).toMatchObject({ code: 'ERR_DTMF_AUTH', delivery: 'not-sent', retryable });
      expect(error.message).toContain(message);
      if (answer.headers?.['retry-after']) expect(error.retryAfterMs).toBe(7000);
      expect(endpoint.requests).toHaveLength(1);
    });

    test('an endpoint that echoes everything shows no secret', async () => {
      const endpoint = await record(({ body }) => ({
        status: 400,
        headers: { 'x-echo': encodeURIComponent(body) },
        json: {
          error: 'invalid_grant',
          error_description: `${body} ${KEY.accessKeySecret}`,
        },
      }));
      const auth = make(endpoint.url);
      const shown = printed(await failure(auth.getAccessToken()));
      expect(shown).not.toContain('canary');
    });
  });
});

describe('options', () => {
  const authUrl = 'https://cxone.niceincontact.com';
  test.each([
    ['grant', { grant: 'authorization_code' }],
    ['accessKeyId', { grant: 'password', ...CLIENT }],
    ['accessKeySecret', { grant: 'access-key', accessKeyId: 'a' }],
    ['clientId', { grant: 'password', ...KEY }],
    ['clientSecret', { grant: 'password', ...KEY, clientId: 'a' }],
    ['clientId', { grant: 'access-key', ...KEY, ...CLIENT }],
    ['scope', { grant: 'access-key', ...KEY, scope: 'openid' }],
    ['accessKeyId', { ...CLIENT, ...KEY }],
    ['http1Only', { ...CLIENT, http1Only: 1 }],
    ['accessKeySecret', { grant: 'access-key', accessKeyId: 'a', accessKeySecret: 7 }],
  ])('%s is named: %p', (field, config) => {
    const error = thrown(() => new CXoneAuthClient({ authUrl, ...config }));
    expect(error).toMatchObject({ code: 'ERR_DTMF_INVALID', delivery: 'not-sent' });
    expect(error.message).toMatch(new RegExp(`^${field}\\b`));
    expect(error.message).not.toContain('canary');
  });
});

describe('with the simulator', () => {
  test.each(['password', 'access-key'])(
    '%s presses, refreshes, and goes on when refresh tokens are revoked',
    async (grant) => {
      const simulator = await stage.simulator();
      const { clientId, clientSecret, ...key } = simulator.accessKey;
      const client = grant === 'password' ? { clientId, clientSecret } : {};
      const auth = new CXoneAuthClient({ grant, ...key, ...client, logger: false });
      const first = await auth.getAccessToken();
      auth.invalidateToken();
      const second = await auth.getAccessToken();
      simulator.revokeRefreshTokens();
      auth.invalidateToken();
      const third = await auth.getAccessToken();
      expect(new Set([first, second, third]).size).toBe(3);
      expect(simulator.requests().map(({ status }) => status)).toEqual([200, 200, expect.any(Number), 200]);
    },
  );
});
