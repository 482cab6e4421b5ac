'use strict';

const { once } = require('node:events');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');

const { startSimulator } = require('../../simulator.js');
const { until } = require('../support/bench');
const { deadUrl } = require('../support/platform');
const { command, environment, BIN, DIGITS, SECRET } = require('./command');

jest.setTimeout(120_000);

let simulator;

beforeEach(async () => {
  simulator = await startSimulator({ clientSecret: SECRET });
  simulator.addCall('call-1');
});

afterEach(() => simulator.stop());

/** One injection with the settings of the simulator. */
function inject(args = [], { env = {}, stdin = DIGITS, ...rest } = {}) {
  return command(['inject', ...args], { env: environment(simulator, env), stdin, ...rest });
}

const json = ({ stdout }) => JSON.parse(stdout);

describe('accepted', () => {
  test('presses the digits of standard input, a line break at their end left out', async () => {
    for (const end of ['', '\n', '\r\n']) {
      const { code, stdout, stderr } = await inject([], { stdin: DIGITS + end });
      expect({ code, stderr }).toMatchObject({ code: 0 });
      expect(stdout).toMatch(/^accepted {2}attempts 1 {2}\d+ ms {2}injection [0-9a-f-]{36}\n$/);
      expect(stderr).toContain('DTMF injection completed');
    }
    expect(simulator.digits('call-1')).toEqual([DIGITS, DIGITS, DIGITS]);
  });

  test('--json is one object, --quiet is silent', async () => {
    const ended = await inject(['--json', '--quiet', '--type', 'INBAND', '--pause', '50', '--digits-stdin']);
    expect(ended).toMatchObject({ code: 0, stderr: '' });
    expect(json(ended)).toMatchObject({
      schemaVersion: 1,
      ok: true,
      exitCode: 0,
      delivery: 'accepted',
      attempts: 1,
      audit: { callId: 'call-1', dtmfString: '*****', dtmfType: 'INBAND', interDigitPause: 50 },
    });
  });

  test('options count more than variables, and the secret may come from a file', async () => {
    simulator.addCall('call-2');
    const file = path.join(fs.mkdtempSync(path.join(os.tmpdir(), 'cxone-dtmf-cli-')), 'secret');
    fs.writeFileSync(file, `${SECRET}\n`);
    const { code } = await inject(['--call', 'call-2', '--client-secret-file', file], {
      env: { CXONE_CLIENT_SECRET: 'wrong' },
    });
    expect(code).toBe(0);
    expect(simulator.digits('call-2')).toEqual([DIGITS]);
    fs.rmSync(path.dirname(file), { recursive: true });
  });

  test('an answer that repeats the digits is not repeated', async () => {
    simulator.script([{ body: { pressed: DIGITS } }, { status: 404, body: { pressed: DIGITS } }]);
    expect(await inject(['--json'])).toMatchObject({ code: 0 });
    expect(json(await inject(['--json']))).toMatchObject({ response: { status: 404 } });
  });

  test('a refusal that may pass is tried again, as often as --attempts says', async () => {
    simulator.script([{ status: 503 }, { status: 503 }]);
    const ended = await inject(['--json']);
    expect(json(ended)).toMatchObject({ delivery: 'accepted', attempts: 3 });
    expect(ended.stderr).toContain('(attempt 1/3)');
  });
});

describe('exit codes', () => {
  test.each([
    ['4, forbidden', { status: 403 }, 4, 'ERR_DTMF_FORBIDDEN'],
    ['5, no such call', { status: 404 }, 5, 'ERR_DTMF_REJECTED'],
    ['5, a conflict', { status: 409 }, 5, 'ERR_DTMF_CONFLICT'],
    ['5, an atomic server error', { status: 500 }, 5, 'ERR_DTMF_SERVER'],
    ['6, rate limited', { status: 429, headers: { 'retry-after': '7' } }, 6, 'ERR_DTMF_RATE_LIMITED'],
  ])('%s', async (_name, step, exitCode, code) => {
    simulator.script([step]);
    const ended = await inject(['--json', '--attempts', '1']);
    expect(ended.code).toBe(exitCode);
    expect(json(ended)).toMatchObject({ ok: false, exitCode, code, delivery: 'refused', safeToResend: true });
    expect(ended.stderr).toContain('The digits were not pressed.');
  });

  test('6 says how long to wait', async () => {
    simulator.script([{ status: 429, headers: { 'retry-after': '7' } }]);
    const ended = await inject(['--attempts', '1']);
    expect(ended.stdout).toMatch(/^refused {2}attempts 1/);
    expect(ended.stderr).toContain('Try again in 7 s.');
  });

  test('3, digits or ids that break a rule', async () => {
    const digits = await inject(['--json'], { stdin: '12X' });
    expect(json(digits)).toMatchObject({ exitCode: 3, code: 'ERR_DTMF_INVALID', delivery: 'not-sent' });
    const ended = [digits, await inject([], { stdin: '' }), await inject(['--pause', '10'])];
    ended.push(await inject(['--call', '../call-2']));
    expect(ended.map(({ code }) => code)).toEqual([3, 3, 3, 3]);
    expect(simulator.stats().requests).toBe(0);
  });

  test('4, a wrong secret or too few scopes', async () => {
    expect((await inject([], { env: { CXONE_CLIENT_SECRET: 'wrong' } })).code).toBe(4);
    simulator.scriptToken([{ scope: 'telephony:line:readwrite' }]);
    const ended = await inject(['--json']);
    expect(ended.code).toBe(4);
    expect(json(ended).code).toBe('ERR_DTMF_SCOPE');
  });

  test('7, nobody listens or the time is over', async () => {
    const unreachable = await inject(['--json', '--attempts', '1'], {
      env: { CXONE_API_URL: await deadUrl() },
    });
    expect(unreachable.code).toBe(7);
    expect(json(unreachable)).toMatchObject({ code: 'ERR_DTMF_CONNECT', delivery: 'not-sent' });
    simulator.scriptToken([{ delayMs: 20_000 }]);
    const late = await inject(['--json', '--deadline', '300']);
    expect(late.code).toBe(7);
    expect(json(late)).toMatchObject({ code: 'ERR_DTMF_DEADLINE', delivery: 'not-sent' });
  });

  test('8, nobody knows, and nothing is sent again', async () => {
    simulator.script([{ cut: 'after-execute' }]);
    const ended = await inject(['--json', '--attempts', '5']);
    expect(ended.code).toBe(8);
    expect(json(ended)).toMatchObject({ delivery: 'unknown', safeToResend: false, exitCode: 8 });
    expect(ended.stderr).toContain('Do not send them again');
    expect(simulator.digits('call-1')).toEqual([DIGITS]);
  });

  test('2, settings that are missing or wrong, all named at once', async () => {
    const ended = await command(['inject', '--json'], { stdin: DIGITS });
    expect(ended.code).toBe(2);
    expect(json(ended)).toMatchObject({ ok: false, exitCode: 2, delivery: 'not-sent' });
    const names = ['AUTH_URL', 'API_URL', 'CLIENT_ID', 'CLIENT_SECRET', 'PROVIDER_ID', 'LINE_ID', 'CALL_ID'];
    for (const name of names) expect(ended.stderr).toContain(`CXONE_${name}`);
    const plain = await inject([], { env: { CXONE_AUTH_URL: 'http://192.0.2.1' } });
    expect(plain.code).toBe(2);
    expect(plain.stderr).toMatch(/authUrl must use https[\s\S]*CXONE_AUTH_URL/);
    expect((await inject(['--client-secret-file', '/nowhere/secret'])).code).toBe(2);
  });
});

describe('signals', () => {
  test('SIGINT while digits are awaited: 130, nothing sent', async () => {
    // Says when it can be interrupted, and begins to wait for the digits.
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'cxone-dtmf-cli-'));
    const bin = path.join(folder, 'wrapper.js');
    fs.writeFileSync(
      bin,
      `require(${JSON.stringify(BIN)});
       const timer = setInterval(() => {
         if (process.listenerCount('SIGINT') === 0) return;
         clearInterval(timer);
         process.stderr.write('ready');
       }, 5);`,
    );
    const ended = await inject(['--json', '--quiet'], {
      bin,
      stdin: null,
      during: async (child) => {
        await once(child.stderr, 'data');
        child.kill('SIGINT');
      },
    });
    fs.rmSync(folder, { recursive: true });
    expect(ended).toMatchObject({ code: 130, signal: null });
    expect(json(ended)).toMatchObject({ code: 'ABORT_ERR', delivery: 'not-sent', exitCode: 130 });
    expect(simulator.stats().requests).toBe(0);
  });

  test.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ])(
    '%s while the digits are in flight: %i counts more than 8, and the delivery is told',
    async (name, code) => {
      simulator.script([{ delayMs: 20_000 }]);
      const ended = await inject(['--json'], {
        during: async (child) => {
          await until(() => simulator.stats().inFlight === 1, 'the request');
          child.kill(name);
        },
      });
      expect(ended).toMatchObject({ code, signal: null });
      expect(json(ended)).toMatchObject({ code: 'ABORT_ERR', delivery: 'unknown', safeToResend: false });
      expect(ended.stderr).toContain('Do not send them again');
    },
  );
});

test('a reader that went away does not change the exit code', async () => {
  const ended = await inject([], { during: (child) => child.stdout.destroy() });
  expect(ended).toMatchObject({ code: 0, signal: null });
  expect(simulator.digits('call-1')).toEqual([DIGITS]);
});

test('digits and secrets are no arguments: refused, not repeated, nothing sent', async () => {
  const attempts = [
    [DIGITS],
    ['--', DIGITS],
    [`--${DIGITS}`],
    ['--digits', DIGITS],
    [`--digits=${DIGITS}`],
    ['--client-secret', SECRET],
    [`--client-secret=${SECRET}`],
    [SECRET],
  ];
  for (const args of attempts) {
    // `command` itself makes sure that they are not in the output.
    const { code, stdout, stderr } = await inject(args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr.length).toBeGreaterThan(20);
  }
  expect(await command([DIGITS])).toMatchObject({ code: 2, stdout: '' });
  expect(simulator.stats().requests).toBe(0);
});
