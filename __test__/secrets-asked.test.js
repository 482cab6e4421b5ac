'use strict';

// Secrets that functions of the program give, so that they can be replaced while it runs.

const { CXoneAuthClient } = require('..');
const { newBench, params, failure } = require('./support/bench');

const bench = newBench();
let platform;

beforeEach(async () => {
  platform = await bench.platform();
});

const client = (config) => new CXoneAuthClient({ ...platform.credentials, logger: false, ...config });
const bodyOf = (request) => new URLSearchParams(String(request.body));

test.each([
  ['at once', (secret) => () => secret()],
  ['later', (secret) => async () => secret()],
])('a secret given %s is asked for at each request', async (_, as) => {
  let calls = 0;
  const seen = [];
  // The endpoint takes the newest one alone.
  const give = as(() => (platform.clientSecret = `turn-canary-${(calls += 1)}`));
  const auth = client({
    clientSecret(options) {
      seen.push([this, options.signal.aborted]);
      return give();
    },
  });
  expect(seen).toEqual([]);
  await Promise.all([auth.getAccessToken(), auth.getAccessToken()]);
  await auth.getAccessToken();
  auth.invalidateToken();
  await bench.injectorWith(auth, platform).injectDTMF(params());
  const sent = platform.tokenRequests().map((request) => bodyOf(request).get('client_secret'));
  expect(sent).toEqual(['turn-canary-1', 'turn-canary-2']);
  expect(seen).toEqual([
    [undefined, false],
    [undefined, false],
  ]);
});

test('it goes where the secret goes', async () => {
  const asked = { clientSecret: () => 'of-client+canary' };
  await failure(client({ ...asked, clientAuthentication: 'basic' }).getAccessToken());
  const [, pair] = platform.tokenRequests()[0].headers.authorization.split(' ');
  expect(atob(pair)).toBe('client-1:of-client%2Bcanary');
});

test('of an access key, and of both', async () => {
  const key = { accessKeyId: 'key-1', accessKeySecret: async () => 'of-key-canary' };
  const { url: authUrl } = platform;
  const both = { ...key, clientId: 'c', clientSecret: () => 'of-client-canary' };
  for (const config of [
    { grant: 'password', ...both },
    { grant: 'access-key', ...key },
  ]) {
    const auth = new CXoneAuthClient({ authUrl, logger: false, ...config });
    await failure(auth.getAccessToken());
  }
  const sent = platform.requests.map((request) => String(request.body));
  expect(sent[0]).toContain('password=of-key-canary');
  expect(sent[0]).toContain('client_secret=of-client-canary');
  expect(JSON.parse(sent[1])).toEqual({ accessKeyId: 'key-1', accessKeySecret: 'of-key-canary' });
});

test('what it throws is the cause of an error that may pass, and shown nowhere', async () => {
  const thrown = new TypeError('vault-canary');
  const lines = [];
  const take = (...args) => void lines.push(JSON.stringify(args));
  for (const clientSecret of [
    () => {
      throw thrown;
    },
    () => Promise.reject(thrown),
  ]) {
    const auth = client({ clientSecret, logger: { info: take, warn: take, error: take } });
    const error = await failure(bench.injectorWith(auth, platform).injectDTMF(params()));
    expect(error).toMatchObject({ code: 'ERR_DTMF_AUTH', delivery: 'not-sent', retryable: true });
    expect(error.message).toBe('OAuth authentication failed: clientSecret() failed: TypeError');
    expect(error.cause).toBe(thrown);
    expect(JSON.stringify([error.audit, error.message, ...lines])).not.toContain('vault-canary');
  }
  expect(platform.requests).toHaveLength(0);
});

test.each([[''], [7], [undefined], [null], ['x'.repeat(8193)], [{ toString: () => 'canary' }]])(
  'a value that is no secret is refused: %#',
  async (value) => {
    const error = await failure(client({ clientSecret: () => value }).getAccessToken());
    expect(error).toMatchObject({ code: 'ERR_DTMF_AUTH', retryable: false });
    expect(error.message).toContain('clientSecret() must give a string of 1 to 8192 bytes');
    expect(platform.requests).toHaveLength(0);
  },
);

test('one that is silent is given up after five seconds', async () => {
  let signal;
  const clientSecret = (options) => {
    ({ signal } = options);
    return new Promise(() => {});
  };
  const error = await failure(client({ clientSecret }).getAccessToken());
  expect(error).toMatchObject({ code: 'ERR_DTMF_AUTH', retryable: true });
  expect(error.message).toContain('clientSecret() did not answer within 5 seconds');
  expect(signal.aborted).toBe(true);
});

test('what comes back of it is masked, and no config shows it', async () => {
  const clientSecret = async () => 'asked/canary+99';
  const auth = client({ clientSecret });
  platform.answerToken({
    status: 400,
    body: { error: 'invalid_client', error_description: 'bad: asked\\/canary+99' },
  });
  const error = await failure(auth.getAccessToken());
  expect(error.response.data).toEqual({ error: 'invalid_client', error_description: '*****' });
  expect(auth.config).not.toHaveProperty('clientSecret');
});

test('it does not belong to every grant, as the secret does not', () => {
  const config = {
    grant: 'access-key',
    accessKeyId: 'i',
    accessKeySecret: () => 's',
    clientSecret: () => 's',
  };
  expect(() => client({ clientId: undefined, ...config })).toThrow(
    "clientSecret does not belong to grant 'access-key'",
  );
  const { clientSecret, ...rest } = config;
  expect(clientSecret()).toBe('s');
  expect(() => new CXoneAuthClient({ authUrl: platform.url, ...rest })).not.toThrow();
  expect(() => client({ clientId: () => 'i' })).toThrow('clientId must be a non-empty string');
});
