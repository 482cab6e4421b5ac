'use strict';

// Where tokens and digits go: to the configured origin, or to one that a discovery may name, and nowhere else.

const http = require('node:http');
const { setTimeout: sleep } = require('node:timers/promises');

const { CXoneAuthClient, DtmfInjector } = require('../..');
const { failure, printed, thrown } = require('../support/bench');
const { newRecorders } = require('../support/recorder');
const { newStage } = require('../support/simulated');

const record = newRecorders();
const stage = newStage();

const TENANT = '11eb0d5a-7c2e-4c7e-9d3b-0242ac110002';
const KEY = { accessKeyId: 'key-id', accessKeySecret: 'key-secret-canary' };

const jwt = (claims) =>
  [{ alg: 'RS256' }, claims, 'sig']
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.');

/** A platform whose discovery answers with this; it also takes digits. */
function platform({ discovery, idToken = jwt({ tenantId: TENANT }), granted = {} }) {
  return record(({ path }) => {
    if (path.startsWith('/authentication/')) {
      return { json: { access_token: 'token-canary', expires_in: 60, id_token: idToken, ...granted } };
    }
    if (path.startsWith('/.well-known/')) return discovery();
    if (path.endsWith('/send-dtmf')) return { status: 202 };
    return { status: 404 };
  });
}

const injectors = [];
afterEach(() => Promise.all(injectors.splice(0).map((injector) => injector.close())));

function injectorFor(authUrl, config = {}) {
  const auth = new CXoneAuthClient({ grant: 'access-key', authUrl, logger: false, ...KEY });
  const injector = new DtmfInjector(auth, {
    api: 'agent-session',
    apiUrl: 'discover',
    logger: false,
    ...config,
  });
  injectors.push(injector);
  return injector;
}

async function until(holds) {
  while (!holds()) await sleep(5);
}

const press = (injector) => injector.injectDTMF({ sessionId: 's1', dtmfString: '4929187350' });

const asked = ({ requests }) =>
  requests.filter(({ path }) => path.startsWith('/.well-known/')).map(({ path }) => path);

/** Every request that carried a token. */
const withToken = (...recorders) =>
  recorders.flatMap(({ requests, port }) =>
    requests.filter(({ headers }) => headers.authorization).map(({ path }) => `${port}${path}`),
  );

test('the token goes to the address that was discovered, and not to the question', async () => {
  const api = await record(({ path }) => (path.endsWith('/send-dtmf') ? { status: 202 } : undefined));
  const issuer = await platform({ discovery: () => ({ json: { api_endpoint: `${api.url}/` } }) });
  const injector = injectorFor(issuer.url);
  await press(injector);
  await injector.injectDTMF({ sessionId: 's2', dtmfString: '1' });
  expect(asked(issuer)).toEqual([`/.well-known/cxone-configuration?tenantId=${TENANT}`]);
  expect(withToken(issuer, api)).toEqual(
    ['s1', 's2'].map((id) => `${api.port}/InContactAPI/services/v23.0/agent-sessions/${id}/send-dtmf`),
  );
});

describe('an address that is not allowed is refused before anything connects to it', () => {
  test.each([
    'https://evil.example',
    'https://evilniceincontact.com',
    'https://evilnicecxone-gov.com',
    'https://nicecxone-sov1.eu.',
    'https://nicecxone-sov2.uk:8443',
    'https://api.niceincontact.com.evil.example',
    'https://api.niceincontact.com:8443',
    'http://api.niceincontact.com',
    'https://api.niceincontact.com@evil.example',
    'https://user@api.niceincontact.com',
    'https://evil.example#.niceincontact.com',
    'https://evil.example/.niceincontact.com',
    'https://10.0.0.1',
    'ftp://127.0.0.1',
    'not a url',
  ])('%s', async (api_endpoint) => {
    const issuer = await platform({ discovery: () => ({ json: { api_endpoint } }) });
    const error = await failure(press(injectorFor(issuer.url)));
    expect(error).toMatchObject({ code: 'ERR_DTMF_AUTH', delivery: 'not-sent', attempts: 0 });
    expect(error.message).toMatch(/^Discovery of the API failed: api_endpoint /);
    expect(printed(error)).not.toContain('evil');
    expect(withToken(issuer)).toEqual([]);
  });

  test('hosts that are named are allowed, with their port', async () => {
    // Nobody answers there, but it is tried: the address passed.
    const issuer = await platform({
      discovery: () => ({ json: { api_endpoint: 'https://api.example.invalid:8443' } }),
    });
    const refused = await failure(press(injectorFor(issuer.url, { discoverHosts: ['api.example.invalid'] })));
    expect(refused.code).toBe('ERR_DTMF_CONNECT');
    const other = await failure(
      press(injectorFor(issuer.url, { discoverHosts: ['api.example.invalid:443'] })),
    );
    expect(other.code).toBe('ERR_DTMF_AUTH');
  });
});

describe('answers of the discovery', () => {
  test.each([
    [{ status: 404 }, /does not know the tenant/, false],
    [{ status: 302, headers: { location: 'https://evil.example/' } }, /answered 302/, false],
    [{ status: 500 }, /answered 500/, true],
    [{ status: 429, headers: { 'retry-after': '9' } }, /answered 429/, true],
    [{ text: '<html>' }, /no api_endpoint/, false],
    [{ json: {} }, /no api_endpoint/, false],
  ])('%p', async (answer, message, retryable) => {
    const issuer = await platform({ discovery: () => answer });
    const error = await failure(press(injectorFor(issuer.url)));
    expect(error).toMatchObject({ code: 'ERR_DTMF_AUTH', delivery: 'not-sent', retryable });
    expect(error.message).toMatch(message);
    expect(withToken(issuer)).toEqual([]);
  });

  test('256 injections ask once, also when it fails', async () => {
    let asked = 0;
    const issuer = await platform({
      discovery: () => {
        asked += 1;
        return { status: 503 };
      },
    });
    const injector = injectorFor(issuer.url);
    const all = Array.from({ length: 256 }, (_, n) =>
      failure(injector.injectDTMF({ sessionId: `s${n}`, dtmfString: '1' })),
    );
    for (const error of await Promise.all(all)) expect(error.code).toBe('ERR_DTMF_AUTH');
    expect(asked).toBe(1);
  });

  test.each([undefined, 'x', jwt({}), jwt({ tenantId: '../x' })])(
    'an id token that names no tenant: %p',
    async (idToken) => {
      const issuer = await platform({ discovery: () => ({ status: 400 }), idToken: idToken ?? '' });
      const error = await failure(press(injectorFor(issuer.url)));
      expect(error.message).toMatch(/no token names a tenant.*set apiUrl to the address of your area/);
      // Areas tell their addresses without a tenant.
      expect(asked(issuer)).toEqual(['/.well-known/cxone-configuration']);
    },
  );
});

describe('who is asked, and for which tenant', () => {
  const pressed = () => record(({ path }) => (path.endsWith('/send-dtmf') ? { status: 202 } : undefined));
  const tells = (api) => () => ({ json: { api_endpoint: api.url } });

  test('the tenant of the access token, where there is no id token', async () => {
    const api = await pressed();
    const granted = { access_token: jwt({ tenantId: 'area-51' }) };
    const issuer = await platform({ discovery: tells(api), idToken: '', granted });
    await press(injectorFor(issuer.url));
    expect(asked(issuer)).toEqual(['/.well-known/cxone-configuration?tenantId=area-51']);
    expect(api.requests).toHaveLength(1);
  });

  test('a tenant-less configuration of the area, where no token names one', async () => {
    const api = await pressed();
    const issuer = await platform({ discovery: tells(api), idToken: '' });
    await press(injectorFor(issuer.url));
    expect(asked(issuer)).toEqual(['/.well-known/cxone-configuration']);
    expect(api.requests).toHaveLength(1);
  });

  test('the issuer of the token, where it is allowed, and authUrl otherwise', async () => {
    const api = await pressed();
    const other = await platform({ discovery: tells(api) });
    for (const [iss, there] of [
      [other.url, 1],
      [`${other.url}/realms/x`, 1],
      ['https://evil.example', 0],
      ['http://nicecxone-gov.com', 0],
    ]) {
      const issuer = await platform({ discovery: tells(api), idToken: jwt({ tenantId: TENANT, iss }) });
      other.requests.length = 0;
      await press(injectorFor(issuer.url));
      expect([asked(other).length, asked(issuer).length]).toEqual([there, 1 - there]);
      expect(withToken(other, issuer)).toEqual([]);
    }
  });

  test('nothing is asked where the token came with the address of the API', async () => {
    const api = await pressed();
    const granted = { resource_server_base_uri: `${api.url}/InContactAPI/` };
    const issuer = await platform({ discovery: () => ({ status: 500 }), granted });
    await press(injectorFor(issuer.url));
    expect(asked(issuer)).toEqual([]);
    expect(withToken(api)).toEqual([`${api.port}/InContactAPI/services/v23.0/agent-sessions/s1/send-dtmf`]);
  });

  test('an address that came with the token must be allowed too', async () => {
    const granted = { resource_server_base_uri: 'https://evil.example/InContactAPI/' };
    const issuer = await platform({ discovery: () => ({ status: 500 }), granted });
    const error = await failure(press(injectorFor(issuer.url)));
    expect(error).toMatchObject({ code: 'ERR_DTMF_AUTH', delivery: 'not-sent' });
    expect(error.message).toMatch(/resource_server_base_uri is outside the domains of NICE/);
    expect(printed(error)).not.toContain('evil');
    expect(withToken(issuer)).toEqual([]);
  });
});

describe('the queue of a call', () => {
  /** An API that answers a digit when the test says so, and says which are there at once. */
  async function gatedApi() {
    const arrived = [];
    const waiting = [];
    const api = await new Promise((resolve) => {
      const server = http.createServer((request, response) => {
        let body = '';
        request.on('data', (chunk) => (body += chunk));
        request.on('end', () => {
          arrived.push(JSON.parse(body).dtmfSequence);
          waiting.push(() => response.writeHead(202).end());
        });
      });
      server.listen(0, '127.0.0.1', () => resolve(server));
    });
    const stop = () => {
      api.closeAllConnections();
      return new Promise((resolve) => api.close(resolve));
    };
    return { arrived, waiting, stop, url: `http://127.0.0.1:${api.address().port}` };
  }

  test('is one for injectors that discover the API and for those that name it, in their order', async () => {
    const api = await gatedApi();
    const issuer = await platform({ discovery: () => ({ json: { api_endpoint: api.url } }) });
    const discovering = injectorFor(issuer.url, { playout: 'none' });
    const naming = injectorFor(issuer.url, { playout: 'none', apiUrl: api.url });
    const send = (injector, dtmfString) => injector.injectDTMF({ sessionId: 'shared', dtmfString });
    const all = [send(discovering, '1'), send(discovering, '2'), send(discovering, '3')];
    // Until the first of them is there, and holds the call.
    await until(() => api.waiting.length === 1);
    all.push(send(naming, '4'), send(discovering, '5'), send(naming, '6'));
    for (let n = 1; n <= 6; n++) {
      await until(() => api.waiting.length === 1);
      expect(api.arrived).toHaveLength(n);
      api.waiting.pop()();
    }
    await Promise.all(all);
    expect(api.arrived).toEqual(['1', '2', '3', '4', '5', '6']);
    await api.stop();
  });

  test('loses nothing when the discovery fails: all end not-sent, and later ones ask anew', async () => {
    const api = await gatedApi();
    let answer = { status: 404 };
    const issuer = await platform({ discovery: () => answer });
    const injector = injectorFor(issuer.url, { playout: 'none' });
    const errors = await Promise.all([1, 2, 3].map(() => failure(press(injector))));
    for (const error of errors) {
      expect(error).toMatchObject({ code: 'ERR_DTMF_AUTH', delivery: 'not-sent', safeToResend: true });
    }
    answer = { json: { api_endpoint: api.url } };
    await sleep(errors[0].retryAfterMs + 20);
    const pressed = press(injector);
    await until(() => api.waiting.length === 1);
    api.waiting.pop()();
    await pressed;
    expect(injector.metrics()).toMatchObject({ waiting: 0, locks: 0 });
    await api.stop();
  });
});

describe('redirects', () => {
  test.each([301, 302, 303, 307, 308])(
    'a %i of the API is not followed, whatever it points to',
    async (status) => {
      const elsewhere = await record(() => ({ status: 202 }));
      const api = await record(({ path }) =>
        path.endsWith('/oauth/token')
          ? { json: { access_token: 'token-canary' } }
          : { status, headers: { location: `${elsewhere.url}/collect` } },
      );
      const auth = new CXoneAuthClient({ authUrl: api.url, clientId: 'a', clientSecret: 'b', logger: false });
      const injector = new DtmfInjector(auth, { api: 'agent-session', apiUrl: api.url, logger: false });
      injectors.push(injector);
      const error = await failure(press(injector));
      expect(error).toMatchObject({ code: 'ERR_DTMF_REJECTED', delivery: 'refused' });
      const masked = injector.injectDTMF({
        sessionId: 's1',
        dtmfString: '1',
        contactId: 'c',
        maskRecording: true,
        unguarded: true,
      });
      expect((await failure(masked)).code).toBe('ERR_DTMF_MASK');
      expect(elsewhere.requests).toEqual([]);
    },
  );
});

describe('who can discover', () => {
  const apiUrl = 'discover';
  const named = (auth, config) => thrown(() => new DtmfInjector(auth, { apiUrl, ...config }));

  test('only clients that know whom to ask, and only the published API', async () => {
    const error = named({ getAccessToken: async () => 'token' }, { api: 'agent-session' });
    expect(error).toMatchObject({ code: 'ERR_DTMF_INVALID' });
    expect(error.message).toMatch(/^apiUrl: 'discover' needs a CXoneAuthClient/);
    const key = new CXoneAuthClient({ grant: 'access-key', authUrl: 'https://a.example', ...KEY });
    expect(named(key, {}).message).toMatch(/^apiUrl: 'discover' needs api: 'agent-session'/);
  });

  test('the simulator can be discovered', async () => {
    const simulator = await stage.simulator();
    simulator.addSession('s1');
    const auth = new CXoneAuthClient({ grant: 'password', ...simulator.accessKey, logger: false });
    const injector = new DtmfInjector(auth, { api: 'agent-session', apiUrl, logger: false });
    injectors.push(injector);
    await press(injector);
    expect(simulator.digits('s1')).toEqual(['4929187350']);
    expect(simulator.requests().map(({ kind }) => kind)).toEqual(['token', 'discovery', 'dtmf']);
    const [, discovery] = simulator.requests();
    expect(discovery.headers.authorization).toBeUndefined();
  });
});
