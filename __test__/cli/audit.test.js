'use strict';

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { spawnSync } = require('node:child_process');

const { command, DIGITS } = require('./command');
const { CXoneAuthClient, DtmfInjector } = require('../../index.js');
const { startSimulator } = require('../../simulator.js');

jest.setTimeout(120_000);

const KEY = 'audit-key-canary-0123456789';
let folder;
let simulator;

beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'cxone-dtmf-audit-'));
  fs.writeFileSync(file('key'), `${KEY}\n`);
  fs.writeFileSync(file('other-key'), 'another-key-0123456789');
});
afterEach(async () => {
  await simulator?.stop();
  simulator = undefined;
  fs.rmSync(folder, { recursive: true, force: true });
});

const file = (name) => path.join(folder, name);
const files = () =>
  fs
    .readdirSync(folder)
    .filter((name) => name.endsWith('.jsonl'))
    .sort()
    .map(file);
const log = () => files()[0];
const lines = () => fs.readFileSync(log(), 'utf8').trimEnd().split('\n');
const write = (text) => fs.writeFileSync(log(), text);

/** Presses some times, with a log. */
async function press(times, auditLog = {}) {
  simulator = await startSimulator({ autoCalls: true });
  const injector = new DtmfInjector(new CXoneAuthClient({ ...simulator.auth, logger: false }), {
    apiUrl: simulator.url,
    logger: false,
    auditLog: {
      directory: folder,
      key: KEY,
      onAnchor: (anchor) => fs.appendFileSync(file('anchors'), anchor),
      ...auditLog,
    },
  });
  for (let n = 0; n < times; n++) {
    await injector.injectDTMF({
      telephonyProviderId: 'provider-1',
      lineId: 'line-1',
      callId: 'call-1',
      dtmfString: DIGITS,
      dtmfType: 'RFC2833',
      interDigitPause: 100,
    });
  }
  await injector.close();
}

const audit = async (word, ...args) => {
  const done = await command(['audit', word, ...files(), ...args]);
  // A key is a secret.
  if (`${done.stdout}${done.stderr}`.includes(KEY)) throw new Error('the output holds the key');
  return done;
};
const keyed = (word, ...args) => audit(word, '--key-file', file('key'), ...args);

test('a log as it was written: 0', async () => {
  await press(3);
  expect(await keyed('verify', '--anchors', file('anchors'))).toEqual({
    code: 0,
    signal: null,
    stdout: 'intact  1 file  8 records  1 anchor\n',
    stderr: '',
  });
  const { code, stdout } = await keyed('verify', '--json');
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({
    schemaVersion: 1,
    ok: true,
    exitCode: 0,
    verdict: 'intact',
    records: 8,
    files: [{ file: log(), first: 0, records: 8, closed: true, torn: null }],
    findings: [],
    inDoubt: [],
  });
});

test('a chain through several files: 0, and 1 without one of them or with one twice', async () => {
  await press(24, { rotate: { bytes: 4096 } });
  const [first, second, , last] = files();
  const all = { code: 0, stdout: 'intact  4 files  56 records  4 anchors\n' };
  expect(await keyed('verify', '--anchors', file('anchors'))).toMatchObject(all);
  const inFolder = ['audit', 'verify', '--key-file', file('key'), '--anchors', file('anchors'), folder];
  expect(await command(inFolder)).toMatchObject(all);
  const twice = await keyed('verify', second);
  expect(twice).toMatchObject({
    code: 1,
    stdout: expect.stringContaining('it is a copy, or was given twice'),
  });
  // One that was named before there was a next is no alteration: that one is read too.
  const early = ['audit', 'verify', '--key-file', file('key'), first, second];
  expect(await command(early)).toMatchObject({ code: 0, stdout: 'intact  4 files  56 records\n' });
  fs.renameSync(second, file('elsewhere'));
  const { code, stdout } = await keyed('verify');
  expect(code).toBe(1);
  expect(stdout).toContain(`the chain also has the file ${path.basename(second)}`);
  fs.renameSync(file('elsewhere'), second);
  fs.rmSync(last);
  const missing = `the log goes on in ${path.basename(last)}, which is not there`;
  expect(await keyed('verify')).toMatchObject({ code: 0, stdout: expect.stringContaining(missing) });
  expect((await keyed('verify', '--anchors', file('anchors'))).code).toBe(1);
});

test('old files go, and a key is announced: both are written down', async () => {
  await press(24, { rotate: { bytes: 4096 } });
  const upkeep = (word, ...args) => command(['audit', word, '--key-file', file('key'), ...args, folder]);
  expect(await upkeep('prune', '--before', '2020-01-01')).toMatchObject({
    stdout: 'removed 0 files, 0 bytes\n',
  });
  expect(files()).toHaveLength(4);
  for (const before of [
    '2019-11-31',
    '2019-02-29',
    '2019-13-01',
    '2019-1-1',
    '2019',
    '01/02/2019',
    '2019-01-01 00:00',
    '2019-01-01T00:00:00',
    '2019-01-01T24:00:00Z',
    '2019-01-01T00:00:00+25:00',
    '9999-01-01',
  ]) {
    const refused = await upkeep('prune', '--before', before);
    expect({ before, code: refused.code }).toEqual({ before, code: 3 });
    expect(refused.stderr).toMatch(/--before must (be a date, or a time with its zone|not be in the future)/);
  }
  for (const before of ['2020-02-29', '2020-01-01T00:00:00Z', '2020-01-01T00:00:00.5-01:30'])
    expect((await upkeep('prune', '--before', before)).stdout).toBe('removed 0 files, 0 bytes\n');
  expect(files()).toHaveLength(4);
  // The log was written by now.
  const done = await upkeep('prune', '--before', new Date().toISOString());
  expect(done).toMatchObject({ code: 0, stdout: expect.stringMatching(/^removed 4 files, \d+ bytes\n$/) });
  expect(files()).toHaveLength(1);
  expect(await keyed('verify', '--anchors', file('anchors'))).toMatchObject({
    code: 0,
    stdout: 'intact  1 file  3 records  4 anchors of removed files\n',
  });
  expect(await upkeep('rekey', '--new-key-file', file('other-key'))).toMatchObject({ code: 0 });
  await simulator.stop();
  await press(1, { key: fs.readFileSync(file('other-key')) });
  const old = await keyed('verify');
  expect(old).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('not checked: its key was announced'),
  });
  const both = await keyed('verify', '--key-file', file('other-key'));
  expect(both).toMatchObject({ code: 0, stdout: 'intact  3 files  10 records\n' });
  for (const [args, words] of [
    [['prune', '--before', 'soon'], '--before must be a date'],
    [['prune'], '--before must be a date'],
    [['prune', '--before', '2020-01-01', folder], 'prune takes one directory'],
    [['rekey'], 'rekey needs --key-file and --new-key-file'],
  ]) {
    const { code, stderr } = await upkeep(...args);
    expect(stderr).toContain(words);
    expect(code).toBe(3);
  }
});

test('records that the log lost: 5', async () => {
  await press(1);
  fs.mkdirSync(file('later'));
  const injector = new DtmfInjector(new CXoneAuthClient({ ...simulator.auth, logger: false }), {
    apiUrl: simulator.url,
    logger: false,
    auditLog: { directory: file('later'), key: KEY, onFailure: 'continue' },
  });
  const press2 = {
    telephonyProviderId: 'p',
    lineId: 'l',
    callId: 'c',
    dtmfType: 'RFC2833',
    interDigitPause: 100,
  };
  const ids = [];
  const once = async () =>
    ids.push((await injector.injectDTMF({ ...press2, dtmfString: DIGITS })).audit.injectionId);
  await once();
  fs.rmSync(file('later'), { recursive: true });
  await once();
  fs.mkdirSync(file('later'));
  await injector.close();
  const done = await command(['audit', 'verify', '--key-file', file('key'), file('later')]);
  expect(done).toMatchObject({
    code: 5,
    stdout: expect.stringContaining(`of injections ${ids[0]} to ${ids[1]}`),
  });
  expect(done.stdout).toMatch(/\ngap {2}1 file {2}\d records {2}\d records lost by the log itself\n$/);
});

test('hostile files: bounded, and no other exit code', async () => {
  await press(1);
  const evil = file('evil.jsonl');
  const cases = [
    ['\n'.repeat(2_000_000), 'not a record'],
    ['x'.repeat(40_000_000) + '\n', 'longer than any record'],
    [`${lines().join('\n')}\n`.replaceAll('"accepted"', '"refused"').repeat(2_000), 'the record was altered'],
  ];
  for (const [text, words] of cases) {
    fs.writeFileSync(evil, text);
    const { code, stdout } = await keyed('verify');
    expect(stdout).toContain(words);
    expect({ words, code }).toEqual({ words, code: 1 });
    expect(stdout.length).toBeLessThan(100_000);
    const shown = await command(['audit', 'show', ...(words.includes('longer') ? [evil] : [log()])]);
    expect(shown.code).toBe(0);
  }
  fs.rmSync(evil);
  if (process.platform === 'win32') return;
  spawnSync('mkfifo', [evil]);
  fs.symlinkSync(log(), file('link.jsonl'));
  for (const path of [evil, file('link.jsonl'), '/dev/zero']) {
    for (const word of ['verify', 'in-doubt', 'show']) {
      const { code, stderr } = await command(['audit', word, path]);
      expect(stderr).toContain('no regular file');
      expect(code).toBe(3);
    }
  }
});

test('a record that was altered: 1, with its place', async () => {
  await press(2);
  const before = lines();
  const byte = Buffer.byteLength(`${before.slice(0, 2).join('\n')}\n`);
  write(before.map((line, at) => `${at === 2 ? line.replace('accepted', 'refused') : line}\n`).join(''));
  const people = await keyed('verify');
  expect(people.code).toBe(1);
  expect(people.stdout).toBe(
    `✗ ${log()}:3 (byte ${byte}): the record was altered: its seal does not fit (bad MAC)\n` +
      // An outcome that cannot be trusted is none.
      `${people.stdout.split('\n')[1]}\n` +
      'tampered  1 file  5 records  1 finding  1 in doubt\n',
  );
  const machines = await keyed('verify', '--json');
  expect(machines.code).toBe(1);
  expect(JSON.parse(machines.stdout)).toMatchObject({
    ok: false,
    exitCode: 1,
    verdict: 'tampered',
    damages: 1,
    findings: [{ file: log(), line: 3, byte, damage: 'altered' }],
  });
});

test('an end that was cut off: 1 with anchors', async () => {
  await press(2);
  write(`${lines().slice(0, 3).join('\n')}\n`);
  expect((await keyed('verify')).code).toBe(0);
  const { code, stdout } = await keyed('verify', '--anchors', file('anchors'));
  expect(code).toBe(1);
  expect(stdout).toContain('an anchor has another record 5: the end was cut off');
});

test('a line that breaks off: 2', async () => {
  await press(1);
  write(`${lines().slice(0, 3).join('\n')}\n{"v":1,"se`);
  expect(await keyed('verify')).toMatchObject({
    code: 2,
    stdout: `! ${log()}:4: the line is torn\ntorn  1 file  3 records  1 file not closed\n`,
  });
});

test('an intent without an outcome: 4, and a list', async () => {
  await press(2);
  write(`${lines().slice(0, 4).join('\n')}\n`);
  const { inj, t, origin } = JSON.parse(lines()[3]);
  const line = `in doubt  ${t}  call call-1  attempt 1  injection ${inj}  ${origin}\n`;
  expect(await keyed('in-doubt')).toMatchObject({ code: 4, stdout: line, stderr: '' });
  expect(await command(['audit', 'in-doubt', folder])).toMatchObject({
    code: 4,
    stdout: line,
    stderr: 'No seal was checked: give the key with --key-file.\n',
  });
  expect(await keyed('verify')).toMatchObject({
    code: 4,
    stdout: `${line}in-doubt  1 file  4 records  1 in doubt  1 file not closed\n`,
  });
  const { stdout } = await keyed('in-doubt', '--json');
  expect(JSON.parse(stdout)).toMatchObject({
    exitCode: 4,
    inDoubt: [{ injectionId: inj, callId: 'call-1', origin, timestamp: t, attempt: 1 }],
  });
});

test('what cannot be checked: 3, as is every other error', async () => {
  await press(1);
  const cases = [
    [await audit('verify'), 'is sealed with a key: give its file with --key-file'],
    [await audit('verify', '--key-file', file('other-key')), 'is sealed with another key'],
    [await keyed('verify', file('nowhere')), 'there is no file'],
    [await keyed('verify', '--anchors', file('key')), 'the anchors cannot be read: line 1'],
    [await keyed('verify', '--anchors', file('nowhere')), 'cannot be read (ENOENT)'],
    [await audit('verify', '--key-file', file('nowhere')), 'cannot be read (ENOENT)'],
    [await audit('burn'), 'Unknown word after audit'],
    [await command(['audit']), 'There is no word after audit'],
    [await command(['audit', 'verify']), 'There are no files'],
    [await command(['audit', 'verify', '--colour', 'x']), 'Unknown option --colour'],
    [await command(['audit', 'verify', DIGITS]), 'An argument looks like digits'],
  ];
  for (const [{ code, stdout, stderr }, words] of cases) {
    expect(stderr).toContain(words);
    expect({ code, stdout }).toEqual({ code: 3, stdout: '' });
  }
  const { code, stdout } = await audit('verify', '--json');
  expect(code).toBe(3);
  expect(JSON.parse(stdout)).toMatchObject({ ok: false, exitCode: 3, code: 'ERR_USAGE' });
});

test('the records for people, and as they are for machines', async () => {
  await press(1);
  const { code, stdout } = await audit('show');
  expect(code).toBe(0);
  const [open, intent, outcome, close] = stdout.trimEnd().split('\n');
  expect(open).toMatch(/^\S+Z {2}#0 {2}open {7}chain=\S+ {2}alg=hmac-sha256/);
  expect(intent).toMatch(/ {2}#1 {2}intent {5}inj=\S+ {2}call=call-1 .* len=9-20/);
  expect(outcome).toMatch(/ {2}#2 {2}outcome .* delivery=accepted/);
  expect(close).toMatch(/ {2}#3 {2}close$/);
  expect((await audit('show', '--json')).stdout).toBe(`${lines().join('\n')}\n`);
  write(`${lines()[0].replace('"open"', '"\\u001b[31mopen"')}\nnothing\n`);
  const altered = await audit('show');
  expect(altered.stdout).toContain('\ufffd[31mopen');
  expect(altered.stdout).toContain('unreadable');
  write('{"ev":"x","\\u001b[2J":1,"deep":{"\\u009b":"\\u001b[2J"}}\n');
  const names = await audit('show');
  expect(names.stdout).toContain('\ufffd[2J=1');
  expect(names.stdout).not.toMatch(/[\x1b\x9b]/); // eslint-disable-line no-control-regex
});
