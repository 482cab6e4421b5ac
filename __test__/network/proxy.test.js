'use strict';

const util = require('node:util');

const { newBench, params, failure } = require('../support/bench');
const { deadUrl } = require('../support/platform');
const { runProgram, jsonLines } = require('../support/program');
const { Authority } = require('./certificate');
const { newWays, portOf } = require('./ways');

const HOST = 'api.example.test';
const PASSWORD = 'p@ss-canary';
const CREDENTIALS = `Basic ${Buffer.from(`user:${PASSWORD}`).toString('base64')}`;

const bench = newBench();
const ways = newWays();
const authority = new Authority();
let platform;
let proxy;
let proxyUrl;

beforeEach(async () => {
  platform = await bench.platform();
  const front = await ways.tls(authority.identity(HOST), platform);
  proxy = await ways.proxy({ tunnel: front.port, forward: portOf(platform), credentials: CREDENTIALS });
  proxyUrl = `http://user:${encodeURIComponent(PASSWORD)}@127.0.0.1:${proxy.port}`;
});

/** Injector and auth client go to a name that only the proxy knows. */
function behindProxy(config, authConfig = {}, url = `https://${HOST}`) {
  const both = { caBundle: authority.pem, proxy: proxyUrl, ...config };
  const { caBundle, proxy, insecureHosts } = both;
  return bench.injector(
    platform,
    { apiUrl: url, ...both },
    { authUrl: url, caBundle, proxy, insecureHosts, ...authConfig },
  );
}

/** Everything that a program may print of an error. */
function printed(error) {
  return [
    error.stack,
    JSON.stringify(error),
    util.inspect(error, { depth: Infinity, showHidden: true }),
  ].join('\n');
}

test('https goes through a tunnel, and the proxy learns nothing but the host', async () => {
  const injector = behindProxy({ userAgent: 'ivr-robot/2.1' });
  await expect(injector.injectDTMF(params())).resolves.toMatchObject({ success: true });
  expect(platform.executions()).toHaveLength(1);
  expect(proxy.heads).toHaveLength(2);
  for (const { method, url, headers } of proxy.heads) {
    expect({ method, url }).toEqual({ method: 'CONNECT', url: `${HOST}:443` });
    expect(headers).not.toHaveProperty('authorization');
  }
  expect(proxy.heads[1].headers['user-agent']).toBe('ivr-robot/2.1');
  // Nor does the platform learn what the proxy is told.
  for (const { headers } of platform.requests) expect(headers).not.toHaveProperty('proxy-authorization');
});

test('plain http to a named host is forwarded', async () => {
  const injector = behindProxy({ insecureHosts: [HOST] }, {}, `http://${HOST}`);
  await expect(injector.injectDTMF(params())).resolves.toMatchObject({ success: true });
  expect(proxy.heads.map(({ method, url }) => [method, new URL(url).host])).toEqual([
    ['POST', HOST],
    ['POST', HOST],
  ]);
});

test('requests to this machine never go through a proxy', async () => {
  const injector = bench.injector(platform, { proxy: proxyUrl }, { proxy: proxyUrl });
  await injector.injectDTMF(params());
  expect(proxy.connections).toBe(0);
});

test.each([
  ['injector', (wrong) => behindProxy({ proxy: wrong }, { proxy: proxyUrl })],
  ['auth client', (wrong) => behindProxy({}, { proxy: wrong })],
])('%s: a proxy that asks for another password', async (_, make) => {
  const error = await failure(make(proxyUrl.replace('user', 'another')).injectDTMF(params()));
  expect(error).toMatchObject({ code: 'ERR_DTMF_CONNECT', delivery: 'not-sent', attempts: 0 });
  expect(error.message).toMatch(
    /the proxy opened no tunnel.*\(407\): it wants another user name and password/,
  );
  expect(error.retryable).toBe(false);
  expect(printed(error)).not.toMatch(/canary/);
  expect(platform.injections()).toHaveLength(0);
});

test('a proxy that nobody can reach is part of the message, its address is not', async () => {
  const dead = `${await deadUrl()}/`.replace('//', `//user:${encodeURIComponent(PASSWORD)}@`);
  const error = await failure(behindProxy({ proxy: dead }, { proxy: proxyUrl }).injectDTMF(params()));
  expect(error).toMatchObject({ code: 'ERR_DTMF_CONNECT', delivery: 'not-sent', attempts: 0 });
  expect(error.message).toMatch(/it went through a proxy: check that too/);
  expect(printed(error)).not.toMatch(/canary|127\.0\.0\.1/);
});

test('a tunnel that ends in the middle leaves the outcome unknown', async () => {
  const injector = behindProxy({});
  platform.answer({ drop: 'after' });
  const error = await failure(injector.injectDTMF(params()));
  expect(error).toMatchObject({ code: 'ERR_DTMF_OUTCOME_UNKNOWN', delivery: 'unknown', attempts: 1 });
  expect(platform.executions()).toHaveLength(1);
});

describe('the environment', () => {
  const NOT_SET = Object.fromEntries(
    ['HTTPS_PROXY', 'HTTP_PROXY', 'ALL_PROXY', 'NO_PROXY'].flatMap((name) => [
      [name, ''],
      [name.toLowerCase(), ''],
    ]),
  );
  const PROGRAM = `
    const { CXoneAuthClient, DtmfInjector } = require('cxone-dtmf');
    const { caBundle, config, secret, url, call } = JSON.parse(process.env.GIVEN);
    const tell = ({ success, code, message }) => console.log(JSON.stringify({ success, code, message }));
    try {
      const auth = new CXoneAuthClient({
        authUrl: url, clientId: 'client-1', clientSecret: secret, caBundle, logger: false, ...config,
      });
      const injector = new DtmfInjector(auth, { apiUrl: url, caBundle, logger: false, ...config });
      injector.injectDTMF(call).then(tell, tell);
      new DtmfInjector({ getAccessToken: async () => 'token' }, { apiUrl: url, caBundle, logger: false, ...config })
        .injectDTMF({ ...call, callId: 'call-2' }).then(tell, tell);
    } catch (error) {
      tell(error);
    }`;

  /** The outcomes of two injectors, one with an auth client and one with a token, in a program of their own. */
  async function run(config, env, url = `https://${HOST}`) {
    const given = { caBundle: authority.pem, config, secret: platform.clientSecret, url, call: params() };
    const program = await runProgram(PROGRAM, { env: { ...NOT_SET, GIVEN: JSON.stringify(given), ...env } });
    expect(program.stdout + program.stderr).not.toMatch(/canary/);
    return jsonLines(program.stdout);
  }

  const SUCCESS = { success: true };
  const through = (message) => ({ code: 'ERR_DTMF_CONNECT', message: expect.stringMatching(message) });

  test.each(['HTTPS_PROXY', 'https_proxy', 'ALL_PROXY'])("%s counts with proxy: 'env'", async (name) => {
    expect(await run({ proxy: 'env' }, { [name]: proxyUrl })).toEqual([SUCCESS, SUCCESS]);
    expect(proxy.connections).toBeGreaterThan(0);
  });

  test('without it the variable is ignored, and the errors of both clients say so', async () => {
    const hint = through(/; HTTPS_PROXY is set but not used: pass proxy: 'env'$/);
    expect(await run({}, { HTTPS_PROXY: proxyUrl })).toEqual([hint, hint]);
    expect(proxy.connections).toBe(0);
  });

  test('nothing is said of variables that would not have counted', async () => {
    const other = through(/^(?!.*PROXY)/);
    expect(await run({}, { HTTP_PROXY: proxyUrl })).toEqual([other, other]);
    expect(await run({}, { HTTPS_PROXY: proxyUrl, NO_PROXY: '.example.test' })).toEqual([other, other]);
    const dead = await deadUrl();
    expect(await run({}, { ALL_PROXY: proxyUrl }, dead)).toEqual([other, other]);
  });

  test('NO_PROXY is respected', async () => {
    const straight = through(/looked up/);
    const env = { HTTPS_PROXY: proxyUrl, NO_PROXY: `localhost,${HOST}` };
    expect(await run({ proxy: 'env' }, env)).toEqual([straight, straight]);
    expect(proxy.connections).toBe(0);
  });

  test('a variable that names no usable proxy is refused by its name', async () => {
    const [told] = await run({ proxy: 'env' }, { HTTPS_PROXY: 'socks5://user:canary@127.0.0.1' });
    expect(told).toEqual({
      code: 'ERR_DTMF_INVALID',
      message: 'HTTPS_PROXY must be the http or https address of a proxy',
    });
  });

  test("'env' without a variable goes straight", async () => {
    expect(await run({ proxy: 'env' }, {}, platform.url)).toEqual([SUCCESS, SUCCESS]);
  });
});
