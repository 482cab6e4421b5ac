'use strict';

const fs = require('node:fs');
const http = require('node:http');
const os = require('node:os');
const path = require('node:path');

const checks = require('../../lib/cli/checks.js');
const { startSimulator } = require('../../simulator.js');
const { deadUrl } = require('../support/platform');
const { newRecorders } = require('../support/recorder');
const { describeOnRedis, newServers } = require('../support/redis');
const { command, environment, sessionEnvironment, SECRET } = require('./command');

jest.setTimeout(120_000);

const ROOT = path.join(__dirname, '..', '..');

let simulator;

beforeAll(async () => {
  simulator = await startSimulator({ clientSecret: SECRET, accessKeySecret: SECRET });
});

afterAll(() => simulator.stop());

/** The report: checks by name, the broken ones, those worth a look. */
async function doctor(env = {}, args = [], options = {}) {
  const ended = await command(['doctor', '--json', ...args], {
    env: environment(simulator, env),
    ...options,
  });
  const report = JSON.parse(ended.stdout);
  const byName = Object.fromEntries(report.map((check) => [check.check, check]));
  const named = (status) => report.filter((check) => check.status === status).map(({ check }) => check);
  return { code: ended.code, report, byName, failed: named('failed'), warned: named('warning') };
}

test('all is fine: 0, and no digit was pressed', async () => {
  const { code, report, failed, warned } = await doctor();
  expect({ code, failed, warned }).toEqual({ code: 0, failed: [], warned: [] });
  expect(report.map(({ check }) => check)).toEqual([
    ...['node', 'addon', 'settings', 'published', 'proxy', 'roots'],
    ...['auth-host', 'token', 'scope', 'api-host', 'clock', 'redis'],
  ]);
  expect(report.every(({ schemaVersion }) => schemaVersion === 1)).toBe(true);
  const requests = simulator.requests().map(({ method, kind }) => `${method} ${kind}`);
  expect(requests).toEqual(['HEAD other', 'POST token', 'HEAD other']);
  const heads = simulator.requests().filter(({ method }) => method === 'HEAD');
  expect(heads.every(({ headers }) => !('authorization' in headers))).toBe(true);
});

test('for people: a line for each check, what to do beneath, no colours in a pipe', async () => {
  const proxy = 'http://user:hunter2@proxy.test';
  const env = environment(simulator, { CXONE_CLIENT_SECRET: 'wrong', HTTPS_PROXY: proxy });
  const { code, stdout, stderr } = await command(['doctor'], { env });
  expect({ code, stderr }).toEqual({ code: 4, stderr: '' });
  expect(stdout).toMatch(/^✓ Node\.js/m);
  expect(stdout).toMatch(/^! Proxy +HTTPS_PROXY set and ignored.*\n +→ .*proxy: 'env'/m);
  expect(stdout).toMatch(/^✗ Token .*invalid client credentials\n +→ .*CXONE_CLIENT_SECRET/m);
  expect(stdout).toMatch(/^– Scopes/m);
  expect(stdout).not.toContain('hunter2');
  expect(stdout).not.toContain('\x1b');
});

describe('one thing broken, that thing named', () => {
  test('the secret', async () => {
    const { code, failed } = await doctor({ CXONE_CLIENT_SECRET: 'wrong' });
    expect({ code, failed }).toEqual({ code: 4, failed: ['token'] });
  });

  test('a scope that is not granted', async () => {
    simulator.scriptToken([{ scope: 'telephony:line:readwrite' }]);
    const { code, failed, byName } = await doctor();
    expect({ code, failed }).toEqual({ code: 4, failed: ['scope'] });
    expect(byName.scope.message).toContain('telephony:call:control');
    expect(byName.token.status).toBe('ok');
  });

  test('a scope that nobody knows', async () => {
    const { code, failed } = await doctor({ CXONE_SCOPE: 'no:such:scope' });
    expect({ code, failed }).toEqual({ code: 4, failed: ['scope'] });
  });

  test('the auth host', async () => {
    const { code, failed, byName } = await doctor({ CXONE_AUTH_URL: await deadUrl() });
    expect({ code, failed }).toEqual({ code: 7, failed: ['auth-host'] });
    expect(byName['auth-host'].advice).toContain('CXONE_AUTH_URL');
    expect(byName['api-host'].status).toBe('ok');
  });

  test('the API host, with a word about a proxy that was ignored', async () => {
    const { code, failed, byName } = await doctor({
      CXONE_API_URL: await deadUrl(),
      https_proxy: 'http://p.test',
    });
    expect({ code, failed }).toEqual({ code: 7, failed: ['api-host'] });
    expect(byName['api-host'].advice).toMatch(/CXONE_API_URL[\s\S]*--proxy env/);
  });

  test.each([
    ['ahead of', -3600],
    ['behind', 7200],
  ])('the clock, %s that of the host', async (relation, seconds) => {
    const host = await startClock(seconds * 1000);
    const { code, failed, warned, byName } = await doctor({
      CXONE_AUTH_URL: host.url,
      CXONE_API_URL: host.url,
    });
    await host.stop();
    expect({ code, failed, warned }).toEqual({ code: 0, failed: [], warned: ['clock'] });
    expect(byName.clock.message).toContain(relation);
    const told = Number(/(\d+) s/.exec(byName.clock.message)[1]);
    expect(Math.abs(told - Math.abs(seconds))).toBeLessThan(1800);
  });

  test.each([
    ['authUrl', { CXONE_AUTH_URL: 'not a url' }],
    ['apiUrl', { CXONE_API_URL: 'http://192.0.2.1' }],
    ['apiUrl', { CXONE_API_URL: 'https://user:hunter2@api.example.com' }],
    ['callId', { CXONE_CALL_ID: '../other' }],
    ['client id', { CXONE_CLIENT_ID: '' }],
  ])('a setting: %s in %j', async (name, env) => {
    const { code, failed, byName } = await doctor(env);
    expect({ code, failed }).toEqual({ code: 2, failed: ['settings'] });
    expect(byName.settings.message).toContain(name);
    expect(JSON.stringify(byName)).not.toContain('hunter2');
    expect(byName['auth-host'].status).toBe('skipped');
  });

  test('a proxy variable, which is ignored', async () => {
    const { code, failed, warned, byName } = await doctor({
      HTTPS_PROXY: 'http://user:hunter2@proxy.test:3128',
    });
    expect({ code, failed, warned }).toEqual({ code: 0, failed: [], warned: ['proxy'] });
    expect(byName.proxy.message).toContain('HTTPS_PROXY set and ignored');
    expect(JSON.stringify(byName)).not.toContain('hunter2');
  });

  test('a proxy that is none', async () => {
    const { code, failed } = await doctor({}, ['--proxy', 'ftp://proxy.test']);
    expect({ code, failed }).toEqual({ code: 2, failed: ['proxy'] });
  });

  test('certificates that are not there, or are none', async () => {
    for (const file of [path.join(os.tmpdir(), 'no-such-file.pem'), __filename]) {
      const { code, failed, byName } = await doctor({ NODE_EXTRA_CA_CERTS: file });
      expect({ code, failed }).toEqual({ code: 2, failed: ['roots'] });
      expect(byName.roots.message).toContain('NODE_EXTRA_CA_CERTS');
    }
  });

  test('the addon; every other command ends with 1', async () => {
    const copy = fs.mkdtempSync(path.join(os.tmpdir(), 'cxone-dtmf-cli-'));
    for (const name of ['bin', 'lib', 'index.js', 'simulator.js', 'package.json']) {
      fs.cpSync(path.join(ROOT, name), path.join(copy, name), { recursive: true });
    }
    const bin = path.join(copy, 'bin', 'cxone-dtmf.js');
    const { code, failed, byName } = await doctor({}, [], { bin });
    expect({ code, failed }).toEqual({ code: 1, failed: ['addon'] });
    expect(byName.addon.advice).toContain('npm');
    const ended = await command(['validate', '--json'], { bin, stdin: '1' });
    expect(ended.code).toBe(1);
    expect(JSON.parse(ended.stdout)).toMatchObject({ exitCode: 1, code: 'ERR_DTMF_NO_ADDON' });
    fs.rmSync(copy, { recursive: true });
  });

  test('Node.js', () => {
    const status = (nodeVersion) => checks.node({ nodeVersion }).status;
    expect(['16.20.0', '18.16.1'].map(status)).toEqual(['failed', 'failed']);
    expect(['18.17.0', '20.0.0', '26.1.0'].map(status)).toEqual(['ok', 'ok', 'ok']);
  });
});

describe('the API that NICE publishes', () => {
  // An empty variable counts as not set.
  const without = Object.fromEntries(Object.keys(environment({ credentials: {} })).map((name) => [name, '']));
  const sessions = (env, args) => doctor({ ...without, ...sessionEnvironment(simulator), ...env }, args);

  test('an access key and an address that is discovered', async () => {
    const { code, failed, warned, byName } = await sessions();
    expect({ code, failed, warned }).toEqual({ code: 0, failed: [], warned: [] });
    expect(byName.settings.message).toContain('grant access-key, api agent-session');
    expect(byName.token.message).toBe('the access key is accepted');
    expect(byName.scope).toMatchObject({ status: 'skipped', message: 'none were asked for' });
    expect(byName['api-host']).toMatchObject({ status: 'skipped' });
  });

  test('a host that is named is asked; the grant password has all four', async () => {
    const { clientId, clientSecret } = simulator.accessKey;
    const { code, byName } = await sessions({
      CXONE_GRANT: 'password',
      CXONE_CLIENT_ID: clientId,
      CXONE_CLIENT_SECRET: clientSecret,
      CXONE_API_URL: simulator.url,
    });
    expect(code).toBe(0);
    expect(byName.token.message).toBe('access key, client id and secret are accepted');
    expect(byName['api-host'].status).toBe('ok');
  });

  test('an access key that is wrong: the variables of its grant are named', async () => {
    const { code, failed, byName } = await sessions({ CXONE_ACCESS_KEY_SECRET: 'wrong' });
    expect({ code, failed }).toEqual({ code: 4, failed: ['token'] });
    expect(byName.token.advice).toContain('CXONE_ACCESS_KEY_SECRET');
    expect(byName.token.advice).not.toContain('CXONE_CLIENT_SECRET');
    expect(byName.scope.message).toBe('there is no token');
  });

  test.each([
    ['sessionId', { CXONE_SESSION_ID: '../other' }],
    ['contactId', { CXONE_CONTACT_ID: '..' }],
    ['grant', { CXONE_GRANT: 'implicit' }],
    ['api ', { CXONE_API: 'telephony-v3' }],
    ['id of the access key', { CXONE_ACCESS_KEY_ID: '' }],
    ["'discover' needs", { CXONE_API: 'telephony-v2' }],
  ])('a setting: %s in %j', async (what, env) => {
    const { code, failed, byName } = await sessions(env);
    expect({ code, failed }).toEqual({ code: 2, failed: ['settings'] });
    expect(byName.settings.message).toContain(what);
  });

  test('a version that is none, with the option to change', async () => {
    const { failed, byName } = await sessions({}, ['--api-version', 'latest']);
    expect(failed).toEqual(['settings']);
    expect(byName.settings.message).toContain('apiVersion');
    expect(byName.settings.advice).toContain('--api-version');
  });
});

describe('agent sessions', () => {
  const without = Object.fromEntries(Object.keys(environment({ credentials: {} })).map((name) => [name, '']));
  const record = newRecorders();
  let platform;

  beforeEach(async () => {
    platform = await startSimulator({ accessKeySecret: SECRET });
    platform.addSession('session-1', { contactId: 'contact-1' });
  });
  afterEach(() => platform.stop());

  const listening = (args = [], { env, stdin = '', ...options } = {}) =>
    doctor({ ...without, ...sessionEnvironment(platform), ...env }, ['--session', 'session-1', ...args], {
      stdin,
      ...options,
    });
  const pressed = () => platform.digits('session-1');
  const polls = () => platform.requests().filter(({ path }) => path.endsWith('/get-next-event'));

  test('a session is listened to where an option names it, and nothing is pressed', async () => {
    const { code, failed, warned, byName } = await listening();
    expect({ code, failed, warned }).toEqual({ code: 0, failed: [], warned: [] });
    expect(byName.discovery.message).toBe(`the API is at ${platform.url}`);
    expect(byName.versions.message).toBe('business-unit answers 200 in v23.0, v30.0, v31.0, v33.0, v34.0');
    expect(byName.session).toMatchObject({ status: 'ok', message: expect.stringContaining('contacts: 1') });
    expect(byName.pollers).toMatchObject({ status: 'skipped' });
    expect(byName.mask).toMatchObject({ status: 'ok' });
    expect(byName.contact).toMatchObject({ status: 'ok', message: expect.stringContaining('in focus') });
    expect(byName.press).toMatchObject({ status: 'skipped', message: expect.stringContaining('--press') });
    expect(platform.stats().tokenRequests).toBe(1);
    expect(platform.sessions()).toMatchObject([{ sessionId: 'session-1', hasEnded: false }]);
    expect(pressed()).toEqual([]);
    const writing = platform.requests().filter(({ method }) => !['GET', 'HEAD'].includes(method));
    expect(writing.map(({ kind }) => kind)).toEqual(['token']);
  });

  test('a session that only a variable names is left alone', async () => {
    const { code, byName } = await doctor({ ...without, ...sessionEnvironment(platform) });
    expect(code).toBe(0);
    expect(byName.session).toMatchObject({
      status: 'skipped',
      message: expect.stringContaining('--session'),
    });
    expect(polls()).toEqual([]);
  });

  test('one that is not there, and one that has ended: 5', async () => {
    platform.endSession('session-1');
    const { code, failed } = await listening();
    expect({ code, failed }).toEqual({ code: 5, failed: ['session'] });
    const other = await listening(['--session', 'session-9']);
    expect(other.failed).toEqual(['session']);
    expect(other.byName.session.message).toContain('404');
    expect(other.byName.press).toMatchObject({ status: 'skipped' });
  });

  test('a recording that cannot be masked, a contact that does not hear, a call that was transferred', async () => {
    await platform.stop();
    platform = await startSimulator({ accessKeySecret: SECRET, canMask: false });
    platform.addSession('session-1', { contactId: 'contact-1' });
    platform.addContact('session-1', { contactId: 'contact-2' });
    const { code, warned, byName } = await listening();
    expect({ code, warned }).toEqual({ code: 0, warned: ['mask', 'contact'] });
    expect(byName.mask.message).toContain('CanMask is False');
    expect(byName.contact.message).toMatch(/^held, and not in focus/);
    platform.transferContact('contact-1', { asContactId: 'contact-3' });
    const after = await listening();
    expect(after.byName.contact).toMatchObject({
      status: 'warning',
      advice: expect.stringContaining('transferred'),
    });
  });

  test('--press presses one digit in each encoding, and only then', async () => {
    const { code, byName } = await listening(['--press'], { stdin: '#\n' });
    expect(code).toBe(0);
    expect(byName.press.message).toMatch(/^accepted as json and as query/);
    expect(pressed()).toEqual(['#', '#']);
    expect(platform.executions().map(({ contactId }) => contactId)).toEqual(['contact-1', 'contact-1']);
    expect(platform.stats().overlaps).toBe(0);
  });

  test.each([
    ['json is refused', [{ status: 400 }], { code: 0, status: 'warning', pressed: ['#'] }],
    ['both are refused', [{ status: 400, times: 2 }], { code: 5, status: 'failed', pressed: [] }],
    ['nobody knows', [{ status: 502, execute: true }], { code: 8, status: 'failed', pressed: ['#'] }],
  ])('--press where %s', async (_, steps, expected) => {
    platform.script(steps, { callId: 'session-1' });
    const { code, byName } = await listening(['--press'], { stdin: '#' });
    expect({ code, status: byName.press.status, pressed: pressed() }).toEqual(expected);
    if (expected.status === 'warning') expect(byName.press.advice).toContain("encoding: 'query'");
  });

  test('--press does not reach a contact that does not hear', async () => {
    platform.addContact('session-1', { contactId: 'contact-2' });
    const { code, byName } = await listening(['--press'], { stdin: '#' });
    expect(code).toBe(5);
    expect(byName.press.message).toContain('not-sent');
    expect(pressed()).toEqual([]);
  });

  test.each([
    ['no session', ['--press'], '#'],
    ['two digits', ['--press', '--session', 'session-1'], '12'],
    ['no digit', ['--press', '--session', 'session-1'], ''],
  ])('--press with %s is refused before anything is asked: 2', async (_, args, stdin) => {
    const env = { ...without, ...sessionEnvironment(platform) };
    const { code } = await command(['doctor', '--json', ...args], { env, stdin });
    expect(code).toBe(2);
    expect(platform.requests()).toEqual([]);
  });

  /** A platform that has these versions, and whose session tells these events, each once. */
  const strange = (versions, events) => {
    const told = [...events];
    return record(({ path }) => {
      if (path.includes('/token')) return { json: { access_token: 'token-canary', expires_in: 60 } };
      if (path.includes('/business-unit')) {
        return { status: versions.some((version) => path.includes(`/${version}/`)) ? 200 : 404 };
      }
      if (!path.includes('/get-next-event')) return { status: 404 };
      return told.length > 0 ? { json: { sessionId: 's-2', events: told.splice(0) } } : { status: 304 };
    });
  };
  const on = ({ url }) => ({ env: { CXONE_AUTH_URL: url, CXONE_API_URL: url } });

  test('a version that the tenant does not have, with one that it has', async () => {
    const { code, warned, byName } = await listening([], on(await strange(['v31.0', 'v33.0'], [])));
    expect({ code, warned }).toEqual({ code: 0, warned: ['versions', 'pollers', 'contact'] });
    expect(byName.versions.message).toContain('200 in v31.0, v33.0; 404 in v23.0, v30.0, v34.0');
    expect(byName.versions.advice).toContain('--api-version v31.0');
  });

  test('what can be told of other pollers', async () => {
    const start = { Type: 'AgentSessionStart', CanMask: 'True' };
    const message = async (events) => {
      const { byName } = await listening([], on(await strange(['v23.0'], events)));
      return `${byName.pollers.status}: ${byName.pollers.message}`;
    };
    expect(await message([])).toMatch(/^warning: the state of the session was not told/);
    expect(await message([start])).toMatch(/^skipped: nothing shows one/);
    expect(await message([start, start])).toMatch(/^warning: the session began anew 2 times/);
  });
});

test('SIGINT ends a check that takes long: 130', async () => {
  const silent = http.createServer(() => {});
  await new Promise((resolve) => silent.listen(0, '127.0.0.1', resolve));
  const asked = new Promise((resolve) => silent.once('request', resolve));
  const env = environment(simulator, { CXONE_AUTH_URL: `http://127.0.0.1:${silent.address().port}` });
  const ended = await command(['doctor'], {
    env,
    during: async (child) => {
      await asked;
      child.kill('SIGINT');
    },
  });
  expect(ended).toMatchObject({ code: 130, signal: null });
  silent.closeAllConnections();
  await new Promise((resolve) => silent.close(resolve));
});

/** A host that grants tokens and whose clock is wrong. */
async function startClock(offsetMs) {
  const server = http.createServer((request, response) => {
    request.resume();
    response.setHeader('date', new Date(Date.now() + offsetMs).toUTCString());
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ access_token: 'token-canary', token_type: 'Bearer', expires_in: 60 }));
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const stop = () => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  };
  return { url: `http://127.0.0.1:${server.address().port}`, stop };
}

describe('the Redis of a fleet', () => {
  const at = (url) => doctor({ CXONE_FLEET_URL: url });

  test('is not asked for without one', async () => {
    const { byName } = await doctor();
    expect(byName.redis).toMatchObject({ status: 'skipped', message: 'no fleet' });
  });

  test('a URL that is none is a wrong setting, and not repeated', async () => {
    const { code, failed, byName } = await at('http://:hunter2@host');
    expect({ code, failed }).toEqual({ code: 2, failed: ['settings'] });
    expect(byName.settings.message).toContain('fleet.url must be redis://');
    expect(byName.settings.advice).toContain('CXONE_FLEET_URL');
    expect(JSON.stringify(byName)).not.toContain('hunter2');
  });

  test('one that is not there', async () => {
    const url = (await deadUrl()).replace('http:', 'redis:');
    const { code, failed, byName } = await at(url);
    expect({ code, failed }).toEqual({ code: 7, failed: ['redis'] });
    expect(byName.redis.message).toContain('there is no connection');
  });

  describeOnRedis('a server', () => {
    const servers = newServers();

    test('gives a lease', async () => {
      const redis = await servers.redis();
      const { code, byName } = await at(redis.url);
      expect(code).toBe(0);
      expect(byName.redis).toMatchObject({ status: 'ok', message: expect.stringContaining('gave a lease') });
    });

    test('names every right that is missing', async () => {
      const redis = await servers.redis();
      const rights = ['-zadd', '-hset', '-info', '-publish'];
      await redis.ask('ACL', 'SETUSER', 'dtmf', 'on', '>pw', '~*', '&*', '+@all', ...rights);
      const url = redis.url.replace('//', '//dtmf:pw@');
      const { code, byName } = await at(url);
      expect(code).toBe(7);
      for (const right of rights) expect(byName.redis.message).toContain(right.replace('-', '+'));
      expect(byName.redis.advice).toContain('ACL SETUSER');
      await redis.ask(
        'ACL',
        'SETUSER',
        'dtmf',
        '+@all',
        'resetkeys',
        '~other:*',
        'resetchannels',
        '&other:*',
      );
      expect((await at(url)).byName.redis.message).toMatch(/2 rights: .*~dtmf:\* .*&dtmf:\*|2 rights: &dtmf/);
      await redis.ask('ACL', 'SETUSER', 'dtmf', '~*', '&*');
      expect((await at(url)).byName.redis).toMatchObject({ status: 'ok' });
    });

    test('refuses a wrong password', async () => {
      const redis = await servers.redis(['--requirepass', 'right']);
      const { code, byName } = await at(redis.url.replace('//', '//:hunter2@'));
      expect(code).toBe(7);
      expect(byName.redis.message).toContain('password');
      expect(JSON.stringify(byName)).not.toContain('hunter2');
    });
  });
});
