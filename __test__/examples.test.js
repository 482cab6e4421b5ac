'use strict';

// Every example runs as it stands, ends by itself and shows no digit.

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');

const { until } = require('./support/bench');
const { ROOT, startNode } = require('./support/child');
const { startPlatform } = require('./support/platform');
const { jsonLines } = require('./support/program');

jest.setTimeout(300_000);

/** Digits and secrets of the examples. */
const CANARIES = ['1234#', '40815162#', 'demo-secret', 'Bearer '];

function expectClean({ code, signal, stdout, stderr }) {
  expect({ code, signal, stderr }).toEqual({ code: 0, signal: null, stderr: '' });
  for (const canary of CANARIES) expect(stdout).not.toContain(canary);
}

// The demo has a test of its own.
const programs = fs
  .readdirSync(path.join(ROOT, 'examples'))
  .filter((name) => name.endsWith('.js') && name !== 'demo.js');

describe('the programs', () => {
  const output = {};

  test.each(programs)('%s ends by itself with code 0', async (name) => {
    const ended = await startNode([path.join('examples', name)]).ended;
    expectClean(ended);
    expect(ended.stdout).toContain('*****');
    output[name] = ended.stdout;
  });

  test('basic.js tells what is known of the digits', () => {
    expect(output['basic.js']).toMatch(/delivery: 'accepted'/);
    expect(output['basic.js']).toMatch(/nobody knows \(ERR_DTMF_OUTCOME_UNKNOWN\)/);
  });

  test('winston.js and pino.js write one JSON object a line', () => {
    const winston = jsonLines(output['winston.js']);
    expect(winston.map((line) => line.message)).toEqual([
      'OAuth token refreshed successfully',
      expect.stringMatching(/^Rate limit hit\. Retrying in [\d.]+s \(attempt 1\/3\)$/),
      'DTMF injection completed',
    ]);
    const pino = jsonLines(output['pino.js']);
    expect(pino.map((line) => [line.level, line.component])).toEqual([
      [30, 'dtmf'],
      [30, 'dtmf'],
      [50, 'dtmf'],
      [50, undefined],
    ]);
    expect(pino[3].err).toMatchObject({ code: 'ERR_DTMF_REJECTED', delivery: 'refused' });
  });

  test('ivr-menu.js walks with nobody between', () => {
    expect(output['ivr-menu.js'].match(/pressed \*{5} \(accepted\)/g)).toHaveLength(3);
    expect(output['ivr-menu.js']).toMatch(/in order: true, overlaps: 0/);
  });

  test('service.js shows a drain', () => {
    expect(output['service.js'].match(/answered 200/g)).toHaveLength(2);
    expect(output['service.js']).toMatch(/draining\ndtmf\.injected \*{5}\n/);
  });
});

describe('card-payment.js', () => {
  const file = path.join(ROOT, 'examples', 'card-payment.js');

  test('is at most 25 lines of code', () => {
    const lines = fs
      .readFileSync(file, 'utf8')
      .split('\n')
      .map((line) => line.trim());
    expect(lines.filter((line) => line !== '' && !line.startsWith('//')).length).toBeLessThanOrEqual(25);
  });

  test('the caller heard the card number once, its recording was masked, and the session has ended', async () => {
    const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'cxone-dtmf-example-'));
    const env = { RECORD: path.join(directory, 'record.json') };
    const hook = path.join(__dirname, 'support', 'simulator-record.js');
    expectClean(await startNode(['--require', hook, file], { env }).ended);
    const { sessions, executions, masks, stats } = JSON.parse(fs.readFileSync(env.RECORD, 'utf8'));
    fs.rmSync(directory, { recursive: true });
    expect(executions).toMatchObject([{ contactId: '90002', masked: true }]);
    expect(executions.map(({ digits }) => digits.length)).toEqual([9]);
    expect(masks['90002'].map(({ masked }) => masked)).toEqual([true, false]);
    expect(sessions).toMatchObject([{ hasEnded: true, stationPhoneNumber: '8015550100' }]);
    expect(stats.overlaps).toBe(0);
  });
});

// Windows has no signals: process.kill() ends the process there.
const onUnix = process.platform === 'win32' ? describe.skip : describe;

onUnix('service.js as a service', () => {
  test('serves, and drains on SIGTERM while an injection is in flight', async () => {
    const platform = await startPlatform();
    const env = {
      PORT: '0',
      AUTH_URL: platform.url,
      API_URL: platform.url,
      CLIENT_ID: platform.clientId,
      CLIENT_SECRET: platform.clientSecret,
    };
    const service = startNode([path.join('examples', 'service.js')], { env });
    const [, port] = await service.line(/listening on (\d+)\n/);
    const press = (callId, body) =>
      fetch(`http://127.0.0.1:${port}/calls/${callId}/dtmf`, { method: 'POST', body });

    expect((await press('call-1', 'no JSON')).status).toBe(400);
    expect((await press('call-1', '{"digits":"E"}')).status).toBe(400);
    expect((await fetch(`http://127.0.0.1:${port}/`)).status).toBe(404);

    platform.answer({ hold: true });
    const inFlight = press('call-1', '{"digits":"1234#"}');
    await until(() => platform.injections().length === 1, 'the request');
    service.signal('SIGTERM');
    await service.line(/draining\n/);
    await expect(press('call-2', '{"digits":"1"}')).rejects.toThrow();
    platform.release();

    const answer = await inFlight;
    expect(answer.status).toBe(200);
    expect(await answer.json()).toMatchObject({ delivery: 'accepted' });
    const ended = await service.ended;
    expectClean(ended);
    expect(ended.stdout).toMatch(/draining\ndtmf\.injected \*{5}\ndrained\n$/);
    await platform.stop();
  });
});

describe('the tests for users', () => {
  // jest.test.js is run by Jest itself, vitest-style.test.mjs by vitest.test.js.
  test('node-test.test.js', async () => {
    const ended = await startNode([path.join('examples', 'testing', 'node-test.test.js')]).ended;
    expect(ended).toMatchObject({ code: 0, stderr: '' });
    expect(ended.stdout).toMatch(/pass 3\n/);
  });
});

describe('the TypeScript program', () => {
  test('has no type error, and what tsc makes of it runs', async () => {
    const tsc = require.resolve('typescript/bin/tsc');
    const compiled = await startNode([tsc, '-p', path.join('examples', 'typescript')]).ended;
    expect(compiled).toEqual({ code: 0, signal: null, stdout: '', stderr: '' });
    const ended = await startNode([path.join('target', 'examples', 'typescript', 'main.js')]).ended;
    expectClean(ended);
    expect(ended.stdout.trim().split('\n')).toEqual([
      'attempt 1 failed (ERR_DTMF_SERVER)',
      "pressed after 2 attempts, answered { status: 'accepted', callId: 'call-1', digits: 5 }",
      'failed: ERR_DTMF_REJECTED',
      'refused: give up',
      'failed: ERR_DTMF_OUTCOME_UNKNOWN',
      'unknown: ask the call',
    ]);
  });
});
