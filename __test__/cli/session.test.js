'use strict';

// `inject` into agent sessions, and which of two APIs is meant.

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');

const { startSimulator } = require('../../simulator.js');
const { command, environment, sessionEnvironment, DIGITS, SECRET } = require('./command');

jest.setTimeout(120_000);

let simulator;

beforeEach(async () => {
  simulator = await startSimulator({ clientSecret: SECRET, accessKeySecret: SECRET });
  simulator.addCall('call-1');
  simulator.addSession('session-1', { contactId: 'contact-1' });
});

afterEach(() => simulator.stop());

/** Short tones, since the process ends when they have been played and the recording is unmasked. */
const SHORT = ['--tone', '50', '--pause', '50'];

/** One injection into a session; `env` may replace the settings. */
function inject(args = [], { env = {}, stdin = DIGITS } = {}) {
  return command(['inject', '--json', ...args], { env: sessionEnvironment(simulator, env), stdin });
}

/** The same with the settings of a call beside those of the session. */
function injectEither(args, env = {}) {
  const { CXONE_API_URL, CXONE_GRANT, ...call } = { CXONE_GRANT: '', ...environment(simulator) };
  return inject(args, { env: { ...call, CXONE_API_URL, CXONE_GRANT, ...env } });
}

const json = ({ stdout }) => JSON.parse(stdout);

const heard = () => ['call-1', 'session-1'].filter((id) => simulator.digits(id).length > 0);

describe('into a session', () => {
  test('by an access key and a discovered address, with how long the digits play', async () => {
    const ended = await inject(SHORT);
    expect(ended.code).toBe(0);
    expect(json(ended)).toMatchObject({
      delivery: 'accepted',
      playoutMs: DIGITS.length * 100 + 250,
      audit: { callId: 'session-1', contactId: 'contact-1', toneDuration: 50, interDigitPause: 50 },
    });
    expect(simulator.digits('session-1')).toEqual([DIGITS]);
    expect(simulator.stats()).toMatchObject({ discoveryRequests: 1, maskRequests: 0 });
    const env = sessionEnvironment(simulator);
    const people = await command(['inject', '--quiet', ...SHORT], { env, stdin: DIGITS });
    expect(people.stdout).toMatch(/^accepted {2}.* {2}plays for 1250 ms\n$/);
  });

  test('tone and pause have the defaults of the library', async () => {
    expect(json(await inject()).audit).toMatchObject({ toneDuration: 120, interDigitPause: 120 });
  });

  test('--api-version is in the path', async () => {
    expect((await inject(['--api-version', 'v31.0'])).code).toBe(0);
    const paths = simulator.requests().map((request) => request.path);
    expect(paths.some((each) => each.includes('/v31.0/'))).toBe(true);
  });

  test('--mask-recording: masked meanwhile, and the process ends when it is unmasked', async () => {
    const ended = await inject([...SHORT, '--mask-recording']);
    expect(ended.code).toBe(0);
    expect(ended.stderr).toContain('masked for another 2 s');
    expect(simulator.masks('contact-1').map(({ masked }) => masked)).toEqual([true, false]);
    expect(simulator.executions()).toMatchObject([{ digits: DIGITS, masked: true }]);
  });

  test('a recording that cannot be masked: 5, nothing pressed', async () => {
    simulator.scriptMask([{ status: 403 }]);
    const ended = await inject([...SHORT, '--mask-recording']);
    expect(ended.code).toBe(5);
    expect(json(ended)).toMatchObject({ code: 'ERR_DTMF_MASK', delivery: 'not-sent', safeToResend: true });
    expect(heard()).toEqual([]);
  });

  test('a contact that is not in focus: 5, nothing pressed, unless it is brought there', async () => {
    simulator.addContact('session-1', { contactId: 'contact-2' });
    const ended = await inject([...SHORT, '--follow']);
    expect(ended.code).toBe(5);
    expect(json(ended)).toMatchObject({ code: 'ERR_DTMF_NOT_IN_FOCUS', delivery: 'not-sent' });
    expect(heard()).toEqual([]);
    expect((await inject([...SHORT, '--follow', '--focus'])).code).toBe(0);
    expect(simulator.digits('session-1')).toEqual([DIGITS]);
  });

  test('a recording that stays masked is told even with --quiet; the digits are accepted all the same', async () => {
    simulator.scriptMask([{ status: 409 }], { action: 'unmask' });
    const ended = await inject([...SHORT, '--quiet', '--mask-recording']);
    expect(ended.code).toBe(0);
    expect(ended.stderr).toContain('could not be unmasked');
  });

  test('--pauses and --allow-a-to-d widen what digits are', async () => {
    for (const stdin of ['1,2', '12A']) expect((await inject(SHORT, { stdin })).code).toBe(3);
    expect((await inject([...SHORT, '--pauses', '--allow-a-to-d'], { stdin: '1,2A' })).code).toBe(0);
    expect(simulator.digits('session-1')).toEqual(['1', '2A']);
  });

  test('--split sends what is longer than one request in several', async () => {
    const digits = '123456789012345678901';
    expect((await inject(SHORT, { stdin: digits })).code).toBe(3);
    expect((await inject([...SHORT, '--split'], { stdin: digits })).code).toBe(0);
    expect(simulator.digits('session-1')).toEqual([digits.slice(0, 11), digits.slice(11)]);
  });

  test('a part that failed behind a pause: 8, with how many digits were accepted', async () => {
    simulator.script([{}, { status: 404 }]);
    const ended = await inject([...SHORT, '--pauses'], { stdin: '123,45' });
    expect(ended.code).toBe(8);
    expect(json(ended)).toMatchObject({ delivery: 'unknown', safeToResend: false, digitsAccepted: 3 });
    expect(ended.stderr).toContain('the first 3 were accepted');
  });

  test('a secret from a file, by the grant that takes a client as well', async () => {
    const file = path.join(fs.mkdtempSync(path.join(os.tmpdir(), 'cxone-dtmf-cli-')), 'secret');
    fs.writeFileSync(file, `${SECRET}\n`);
    const { clientId, clientSecret } = simulator.accessKey;
    const env = {
      CXONE_ACCESS_KEY_SECRET: 'wrong',
      CXONE_CLIENT_ID: clientId,
      CXONE_CLIENT_SECRET: clientSecret,
    };
    const args = [...SHORT, '--grant', 'password', '--access-key-secret-file', file];
    expect((await inject(args, { env })).code).toBe(0);
    fs.rmSync(path.dirname(file), { recursive: true });
    expect(simulator.requests()[0].path).toBe('/auth/token');
  });
});

describe('which API is meant', () => {
  test.each([
    ['variables of both: that of the tutorial', [], {}, 'call-1'],
    ['CXONE_API decides between variables', SHORT, { CXONE_API: 'agent-session' }, 'session-1'],
    ['--api counts more than CXONE_API', ['--api', 'telephony-v2'], { CXONE_API: 'agent-session' }, 'call-1'],
    [
      '--session counts more than CXONE_API',
      ['--session', 'session-1'],
      { CXONE_API: 'telephony-v2' },
      'session-1',
    ],
    ['--call counts more than CXONE_API', ['--call', 'call-1'], { CXONE_API: 'agent-session' }, 'call-1'],
    ['--contact means a session', ['--contact', 'contact-1'], {}, 'session-1'],
  ])('%s', async (_name, args, env, target) => {
    const ended = await injectEither(args, env);
    expect(ended.code).toBe(0);
    expect(heard()).toEqual([target]);
  });

  test.each([
    ['a session and a call', ['--session', 'session-1', '--call', 'call-1'], {}, '--session and --contact'],
    ['an API and ids of the other', ['--api', 'telephony-v2', '--session', 'session-1'], {}, '--api out'],
    ['a type for a session', ['--session', 'session-1', '--type', 'INBAND'], {}, '--type does not belong'],
    ['a mask for a call', ['--mask-recording'], {}, '--mask-recording does not belong'],
    [
      'a mask without a contact',
      ['--session', 's', '--mask-recording'],
      { CXONE_CONTACT_ID: '' },
      '--contact',
    ],
    ['a version for a call', ['--api-version', 'v23.0'], {}, '--api-version'],
    [
      'a client for an access key',
      ['--grant', 'access-key', '--client-id', 'me'],
      {},
      'clientId does not belong',
    ],
    ['a grant that is none', ['--grant', 'implicit'], {}, '--grant'],
    ['an API that is none', ['--api', 'telephony-v3'], {}, '--api'],
  ])('2, %s', async (_name, args, env, told) => {
    const ended = await injectEither(args, env);
    expect(ended.code).toBe(2);
    expect(ended.stderr).toContain(told);
    expect(simulator.stats().requests).toBe(0);
  });

  test('2, what is missing depends on grant and API, and the message says on which', async () => {
    const lacking = async (...args) => (await command(['inject', ...args], { stdin: DIGITS })).stderr;
    const session = await lacking('--grant', 'access-key', '--api', 'agent-session');
    expect(session).toContain('Missing with grant access-key and api agent-session');
    for (const name of ['ACCESS_KEY_ID', 'ACCESS_KEY_SECRET', 'SESSION_ID']) {
      expect(session).toContain(`CXONE_${name}`);
    }
    for (const name of ['CLIENT_ID', 'CLIENT_SECRET', 'CALL_ID', 'CONTACT_ID']) {
      expect(session).not.toContain(`CXONE_${name}`);
    }
    expect(await lacking('--grant', 'password')).toMatch(
      /CXONE_CLIENT_SECRET[^]*CXONE_ACCESS_KEY_SECRET|CXONE_ACCESS_KEY_SECRET[^]*CXONE_CLIENT_SECRET/,
    );
  });

  test('the secret of an access key is no argument', async () => {
    const ended = await inject(['--access-key-secret', SECRET]);
    expect(ended.code).toBe(2);
    expect(ended.stderr).toContain('--access-key-secret-file');
  });
});
