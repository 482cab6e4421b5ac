'use strict';

// The demo is the first that a newcomer sees: it has to be right, quiet about digits, and able to fail.

const { spawn } = require('node:child_process');
const path = require('node:path');

const { check } = require('../examples/demo/check');
const fleet = require('../examples/demo/fleet');
const { Progress } = require('../examples/demo/progress');
const { Screen } = require('../examples/demo/screen');
const { CARD, LANGUAGE, MEANWHILE, MENU, TUTORIAL, sequence } = require('../examples/demo/sequences');
const { outcomes, table } = require('../examples/demo/table');
const { describeOnRedis } = require('./support/redis');

jest.setTimeout(120_000);

const DEMO = path.join(__dirname, '..', 'examples', 'demo.js');
const SECRETS = [
  TUTORIAL,
  ...MENU,
  MEANWHILE,
  LANGUAGE,
  CARD,
  ...Array.from({ length: 200 }, (_, n) => sequence(n)),
  'demo-secret',
  'demo-access',
  'Bearer',
];
const ESCAPE = '\x1b';

/** @returns {Promise<{ code: number | null, stdout: string, stderr: string }>} */
function demo(args, nodeArgs = [], variables = {}) {
  const env = { ...process.env, ...variables };
  delete env.NODE_OPTIONS;
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [...nodeArgs, DEMO, ...args], {
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: 100_000,
      killSignal: 'SIGKILL',
    });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text) => (stderr += text));
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });
}

const shown = ({ stdout, stderr }) => SECRETS.filter((secret) => (stdout + stderr).includes(secret)).length;

describe('the demo', () => {
  test('checks itself, and shows neither digits nor secrets', async () => {
    const ended = await demo([]);
    expect(ended).toMatchObject({ code: 0, stderr: '' });
    expect(shown(ended)).toBe(0);
    // Plain lines: this is no terminal.
    expect(ended.stdout).not.toContain(ESCAPE);
    expect(ended.stdout).not.toContain('\r');
    expect(ended.stdout).toContain('200/200');
    expect(ended.stdout).toMatch(/\bunknown +ERR_DTMF_OUTCOME_UNKNOWN +1 /);
    expect(ended.stdout).not.toContain('FAIL');
    expect(ended.stdout.trimEnd().split('\n').at(-1)).toMatch(
      /^check ok: 200 asked in 20 calls; .*\(\d+\.\d s\)$/,
    );
  });

  test('says the same as one JSON object', async () => {
    const ended = await demo(['--json']);
    expect(ended).toMatchObject({ code: 0, stderr: '' });
    expect(shown(ended)).toBe(0);
    expect(ended.stdout.trimEnd()).not.toContain('\n');

    const report = JSON.parse(ended.stdout);
    expect(report).toMatchObject({
      ok: true,
      tutorial: {
        delivery: 'accepted',
        attempts: 2,
        events: ['dtmf.retrying', 'dtmf.injected'],
        asAsked: true,
      },
      menu: { asked: 4, heard: 4, inOrder: true },
      card: {
        asked: 2,
        heard: 3,
        asAsked: true,
        discoveries: 1,
        onlyCardMasked: true,
        unmasked: true,
        overlaps: 0,
      },
      load: { injections: 200, calls: 20, resends: 12, tokenRefreshes: 1, simulator: { overlaps: 0 } },
      check: { ok: true },
    });
    const { outcomes, simulator } = report.load;
    const count = (delivery) => outcomes.find((one) => one.delivery === delivery)?.count ?? 0;
    expect(count('unknown')).toBe(1);
    expect(count('not-sent')).toBe(6);
    // How many meet the limit of a minute depends on how long the run takes.
    expect(count('accepted') + count('refused')).toBe(193);
    expect(simulator.executions).toBe(count('accepted') + count('unknown'));
    expect(simulator.rateLimited).toBe(12 + count('refused'));
    for (const { p50Ms, p99Ms } of outcomes) expect(p99Ms).toBeGreaterThanOrEqual(p50Ms);
  });

  test('ends with 1 when the far side heard something else', async () => {
    const deaf = path.join(__dirname, 'support', 'deaf-simulator.js');
    const ended = await demo(['--json'], ['--require', deaf]);
    expect(ended.code).toBe(1);
    const report = JSON.parse(ended.stdout);
    expect(report.check.rules.filter(({ ok }) => !ok)).toEqual([
      expect.objectContaining({ rule: expect.stringContaining('in order'), detail: 'call-12' }),
    ]);
    expect(shown(ended)).toBe(0);
  });

  test('has a help text, and refuses what it does not know', async () => {
    const [help, wrong] = await Promise.all([demo(['--help']), demo(['--jsno'])]);
    expect(help).toMatchObject({ code: 0, stderr: '' });
    expect(help.stdout).toMatch(/^Usage:/);
    expect(wrong).toMatchObject({ code: 2, stdout: '' });
    expect(wrong.stderr).toContain("Unknown option '--jsno'");
  });
});

describe('the check of the demo', () => {
  const one = (callId, index, delivery, code = null) => ({
    callId,
    index,
    digits: `${callId}${index}`,
    delivery,
    code,
    latencyMs: 0,
  });
  const evidence = (change = {}) => ({
    tutorial: { asAsked: true },
    menu: { inOrder: true },
    card: { asAsked: true, onlyCardMasked: true, unmasked: true, overlaps: 0 },
    asked: [
      one('a', 0, 'accepted'),
      one('b', 0, 'accepted'),
      one('a', 1, 'unknown', 'ERR_DTMF_OUTCOME_UNKNOWN'),
      one('b', 1, 'accepted'),
      one('a', 2, 'not-sent', 'ERR_DTMF_AFTER_UNKNOWN'),
      one('b', 2, 'refused', 'ERR_DTMF_RATE_LIMITED'),
    ],
    heard: new Map([
      ['a', ['a0', 'a1']],
      ['b', ['b0', 'b1']],
    ]),
    cut: { callId: 'a', index: 1 },
    rateLimited: 1,
    overlaps: 0,
    ...change,
  });
  const asked = (n, change) => ({
    asked: evidence().asked.map((one, at) => (at === n ? { ...one, ...change } : one)),
  });
  const heard = (b) => ({
    heard: new Map([
      ['a', ['a0', 'a1']],
      ['b', b],
    ]),
  });

  test('holds when all is well', () => {
    expect(check(evidence()).ok).toBe(true);
  });

  const card = (change) => ({ card: { ...evidence().card, ...change } });

  test.each([
    ['the card number was not heard', 'agent session heard', card({ asAsked: false })],
    ['the card number was recorded', 'masked', card({ onlyCardMasked: false })],
    ['the recording stayed masked', 'masked', card({ unmasked: false })],
    ['tones overlapped', 'no tones overlapped', card({ overlaps: 1 })],
    ['the tutorial was not heard', 'tutorial', { tutorial: { asAsked: false } }],
    ['the menu was mixed up', 'menu', { menu: { inOrder: false } }],
    ['two came in the wrong order', 'in order', heard(['b1', 'b0'])],
    ['one was not heard', 'in order', heard(['b0'])],
    ['one was heard twice', 'twice', heard(['b0', 'b1', 'b1'])],
    ['a refused one was heard', 'refused or not sent', heard(['b0', 'b1', 'b2'])],
    ['the cut one was reported as accepted', 'unknown', asked(2, { delivery: 'accepted', code: null })],
    [
      'another one is unknown',
      'unknown',
      asked(3, { delivery: 'unknown', code: 'ERR_DTMF_OUTCOME_UNKNOWN' }),
    ],
    ['one behind the cut one was sent', 'AFTER_UNKNOWN', asked(4, { delivery: 'accepted', code: null })],
    ['one behind the cut one has another code', 'AFTER_UNKNOWN', asked(4, { code: 'ERR_DTMF_CLOSED' })],
    [
      'one of another call was held back',
      'AFTER_UNKNOWN',
      asked(3, { delivery: 'not-sent', code: 'ERR_DTMF_AFTER_UNKNOWN' }),
    ],
    ['the rate limit was not hit', 'rate limit', { rateLimited: 0 }],
    ['another refusal', 'nothing else was refused', asked(5, { code: 'ERR_DTMF_REJECTED' })],
    ['two at once', 'two requests at once', { overlaps: 1 }],
  ])('fails when %s', (_, rule, change) => {
    const { ok, rules } = check(evidence(change));
    expect(ok).toBe(false);
    expect(rules.filter((one) => !one.ok).map((one) => one.rule)).toContainEqual(
      expect.stringContaining(rule),
    );
  });
});

describe('the screen of the demo', () => {
  function stream(isTTY) {
    const written = [];
    return { isTTY, columns: 60, write: (text) => written.push(text), text: () => written.join('') };
  }
  function run(isTTY, env) {
    const to = stream(isTTY);
    const screen = new Screen(to, env);
    screen.title('Title');
    screen.verdict(true, 'fine');
    const progress = new Progress(screen, 8);
    for (let n = 0; n < 8; n += 1) progress.step();
    return to.text();
  }

  test('a terminal has colours and a moving bar', () => {
    const text = run(true, { TERM: 'xterm' });
    expect(text).toContain(`${ESCAPE}[1mTitle${ESCAPE}[0m`);
    expect(text).toMatch(/\r\x1b\[2K {2}\[#{15}-{15}\] 4\/8/); // eslint-disable-line no-control-regex
    expect(text).toContain(`[${'#'.repeat(30)}] 8/8`);
  });

  test.each([
    ['a pipe', false, { TERM: 'xterm' }],
    ['a dumb terminal', true, { TERM: 'dumb' }],
  ])('%s has plain lines, one per quarter', (_, isTTY, env) => {
    const text = run(isTTY, env);
    expect(text).not.toContain(ESCAPE);
    expect(text.match(/\d\/8/g)).toEqual(['2/8', '4/8', '6/8', '8/8']);
  });

  test('NO_COLOR leaves the bar, CI leaves the colours', () => {
    const bare = run(true, { TERM: 'xterm', NO_COLOR: '1' });
    expect(bare).not.toContain(`${ESCAPE}[1m`);
    expect(bare).toContain(`\r${ESCAPE}[2K`);
    const ci = run(true, { TERM: 'xterm', CI: 'true' });
    expect(ci).toContain(`${ESCAPE}[1m`);
    expect(ci).not.toContain('\r');
  });

  test('a table has its columns aligned, with percentiles by nearest rank', () => {
    const latencies = Array.from({ length: 200 }, (_, n) => 200 - n);
    const rows = outcomes([
      { delivery: 'refused', code: 'ERR_DTMF_RATE_LIMITED', latencyMs: 7 },
      ...latencies.map((latencyMs) => ({ delivery: 'accepted', code: null, latencyMs })),
    ]);
    expect(rows).toEqual([
      { delivery: 'accepted', code: null, count: 200, p50Ms: 100, p99Ms: 198 },
      { delivery: 'refused', code: 'ERR_DTMF_RATE_LIMITED', count: 1, p50Ms: 7, p99Ms: 7 },
    ]);
    expect(table(rows)).toEqual([
      'delivery  code                   count  p50 ms  p99 ms',
      'accepted  -                        200     100     198',
      'refused   ERR_DTMF_RATE_LIMITED      1       7       7',
    ]);
  });
});

test('no two sequences of the load are alike', () => {
  const all = Array.from({ length: 200 }, (_, n) => sequence(n));
  expect(new Set(all).size).toBe(200);
  for (const digits of all) expect(digits).toMatch(/^\d{8}$/);
});

describe('the fleet of the demo', () => {
  describeOnRedis('with a server', () => {
    test('checks itself, and shows neither digits nor secrets', async () => {
      const ended = await demo(['--fleet', '3']);
      expect(ended).toMatchObject({ code: 0, stderr: '' });
      expect(shown(ended)).toBe(0);
      expect(ended.stdout).toMatch(
        /check ok: 3 processes, 150 sequences in 5 calls; in order, 0 overlaps, none twice/,
      );
    });
  });

  test('says what to install where there is no server, and what a number is', async () => {
    const missing = await demo(['--fleet', '2'], [], { PATH: '/nowhere' });
    expect(missing).toMatchObject({ code: 2, stdout: '' });
    expect(missing.stderr).toContain('redis-server 6.0 or newer');
    const wrong = await demo(['--fleet', '33']);
    expect(wrong).toMatchObject({ code: 2, stdout: '' });
    expect(wrong.stderr).toContain('--fleet must be a number of processes, 1 to 32');
  });

  const pressed = [0, 1].flatMap((member) =>
    fleet.plan(member).map((one) => ({ ...one, delivery: 'accepted', code: null, fence: member + 1 })),
  );
  const heard = (all, stats) => ({
    executions: () => all.map(({ n }) => ({ digits: sequence(n) })),
    stats: () => ({ overlaps: 0, tokenRequests: 1, ...stats }),
  });
  const failed = (...given) =>
    fleet
      .check(...given)
      .filter(({ ok }) => !ok)
      .map(({ rule }) => rule);

  test('its check can fail', () => {
    expect(failed(heard(pressed), pressed)).toEqual([]);
    expect(failed(heard(pressed, { overlaps: 1 }), pressed)).toEqual(['no call had two requests at once']);
    expect(failed(heard(pressed, { tokenRequests: 2 }), pressed)).toEqual(['one token served all of them']);
    expect(failed(heard([...pressed, pressed[0]]), pressed)).toContain('each was heard once');
    const [first, ...rest] = pressed;
    expect(failed(heard([...rest, first]), pressed)).toEqual([
      'what a process asked for a call was heard in that order',
      'in each call the leases of the processes followed one another',
    ]);
    expect(failed(heard(pressed), [{ ...first, delivery: 'not-sent' }, ...rest])).toEqual([
      'all were accepted',
    ]);
  });
});
