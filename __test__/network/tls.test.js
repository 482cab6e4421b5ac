'use strict';

const fs = require('node:fs/promises');
const os = require('node:os');
const path = require('node:path');

const { newBench, params, failure } = require('../support/bench');
const { runProgram, jsonLines } = require('../support/program');
const { Authority } = require('./certificate');
const { newWays } = require('./ways');

const bench = newBench();
const ways = newWays();
const authority = new Authority();
let platform;
let url;

beforeEach(async () => {
  platform = await bench.platform();
  const front = await ways.tls(authority.identity('localhost'), platform);
  url = `https://localhost:${front.port}`;
});

/** Injector and auth client go to the address by TLS. */
function overTls(config, authConfig = config) {
  return bench.injector(platform, { apiUrl: url, ...config }, { authUrl: url, ...authConfig });
}

describe('caBundle', () => {
  test('trusts a private authority', async () => {
    const injector = overTls({ caBundle: authority.pem });
    await expect(injector.injectDTMF(params())).resolves.toMatchObject({ success: true });
    expect(platform.executions()).toHaveLength(1);
    expect(platform.tokenRequests()).toHaveLength(1);
  });

  test('among other certificates', async () => {
    const injector = overTls({ caBundle: `${new Authority().pem}\n# ours\n${authority.pem}` });
    await expect(injector.injectDTMF(params())).resolves.toMatchObject({ success: true });
  });

  test.each([
    ['injector', {}, { caBundle: authority.pem }],
    ['auth client', { caBundle: authority.pem }, {}],
  ])(
    'without it the %s refuses the certificate, also after another object accepted it',
    async (_, config, authConfig) => {
      await overTls({ caBundle: authority.pem }).injectDTMF(params());
      const error = await failure(overTls(config, authConfig).injectDTMF(params()));
      expect(error).toMatchObject({
        code: 'ERR_DTMF_CONNECT',
        delivery: 'not-sent',
        retryable: false,
        attempts: 0,
      });
      expect(error.message).toMatch(/caBundle/);
      expect(platform.executions()).toHaveLength(1);
    },
  );

  test('another authority is no help, and the name counts', async () => {
    const stranger = overTls({ caBundle: new Authority().pem });
    expect(await failure(stranger.injectDTMF(params()))).toMatchObject({ code: 'ERR_DTMF_CONNECT' });
    const front = await ways.tls(authority.identity('other.example'), platform);
    const misnamed = overTls(
      { apiUrl: `https://localhost:${front.port}`, caBundle: authority.pem },
      { caBundle: authority.pem },
    );
    expect(await failure(misnamed.injectDTMF(params()))).toMatchObject({
      code: 'ERR_DTMF_CONNECT',
      message: expect.stringContaining('it is for another host'),
      cause: { code: 'ERR_TLS_CERT_ALTNAME_INVALID' },
    });
    expect(platform.injections()).toHaveLength(0);
  });

  test('the cause has the name that Node.js has for it, and the message what helps', async () => {
    const error = await failure(overTls({}, { caBundle: authority.pem }).injectDTMF(params()));
    expect(error.message).toContain('as caBundle');
    expect(error.cause).toBeInstanceOf(Error);
    expect(error.cause.code).toBe('UNABLE_TO_GET_ISSUER_CERT_LOCALLY');
    expect(JSON.parse(JSON.stringify(error)).cause.code).toBe(error.cause.code);
  });
});

describe('NODE_EXTRA_CA_CERTS', () => {
  const PROGRAM = `
    const { CXoneAuthClient, DtmfInjector } = require('cxone-dtmf');
    // Too late, as for Node.js itself.
    process.env.NODE_EXTRA_CA_CERTS = process.env.LATER ?? process.env.NODE_EXTRA_CA_CERTS;
    const auth = new CXoneAuthClient({
      authUrl: process.env.URL, clientId: 'client-1', clientSecret: process.env.SECRET, logger: false,
    });
    const injector = new DtmfInjector(auth, { apiUrl: process.env.URL, logger: false });
    injector.injectDTMF(${JSON.stringify(params())}).then(
      ({ success }) => console.log(JSON.stringify({ success })),
      ({ code }) => console.log(JSON.stringify({ code })),
    );`;
  let folder;

  beforeEach(async () => {
    folder = await fs.mkdtemp(path.join(os.tmpdir(), 'cxone-dtmf-ca-'));
  });
  afterEach(() => fs.rm(folder, { recursive: true, force: true }));

  async function run(env) {
    const program = await runProgram(PROGRAM, { env: { URL: url, SECRET: platform.clientSecret, ...env } });
    return jsonLines(program.stdout);
  }

  test('is trusted', async () => {
    const file = path.join(folder, 'extra.pem');
    await fs.writeFile(file, `some words\n${new Authority().pem}\n${authority.pem}`);
    expect(await run({ NODE_EXTRA_CA_CERTS: file })).toEqual([{ success: true }]);
  });

  test('is read once, at the start', async () => {
    const file = path.join(folder, 'extra.pem');
    await fs.writeFile(file, authority.pem);
    expect(await run({ NODE_EXTRA_CA_CERTS: '', LATER: file })).toEqual([{ code: 'ERR_DTMF_CONNECT' }]);
  });

  test('a certificate that cannot be used is an error with its place', async () => {
    const file = path.join(folder, 'extra.pem');
    await fs.writeFile(
      file,
      `${authority.pem}\n-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n`,
    );
    const program = await runProgram(PROGRAM, { env: { URL: url, SECRET: 'x', NODE_EXTRA_CA_CERTS: file } });
    const line = authority.pem.split('\n').length + 1;
    expect(program.stderr).toContain(
      `NODE_EXTRA_CA_CERTS has a certificate that cannot be used, number 2 at line ${line}: it is no certificate`,
    );
  });

  test('a file that cannot be read changes nothing', async () => {
    const missing = path.join(folder, 'missing.pem');
    expect(await run({ NODE_EXTRA_CA_CERTS: missing })).toEqual([{ code: 'ERR_DTMF_CONNECT' }]);
  });
});
