'use strict';

// Whatever comes from outside may hold what a terminal obeys. None of it may reach the terminal, from any command.

const fs = require('node:fs');
const http = require('node:http');
const os = require('node:os');
const path = require('node:path');

const { command, environment, sessionEnvironment } = require('./command');
const { Output, escaped, printable } = require('../../lib/cli/output.js');
const { startSimulator } = require('../../simulator.js');

jest.setTimeout(120_000);

/** Takes the line away and writes another; a new line; turned text; what is hidden; C1; half a character. */
const OBEYED = '\r\x1b[2Kok\n✓ intact\u202e\u200b\u009b8m\u2028\ufeff';
const EVIL = `a${OBEYED}b`;
/** A file cannot have every name. */
const EVIL_NAME = EVIL.replace('\n', '');

// eslint-disable-next-line no-control-regex -- that is what is looked for
const HARMFUL = /[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202f\u2066-\u2069\ufeff]|^✓ intact/m;

function isHarmless({ stdout, stderr }, where) {
  const found = HARMFUL.exec(stdout + stderr);
  expect([where, found && JSON.stringify(found[0])]).toEqual([where, null]);
}

let folder;
let simulator;
let server;
beforeAll(async () => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'cxone-dtmf-escapes-'));
  simulator = await startSimulator({ autoCalls: true });
});
afterEach(() => server?.close());
afterAll(async () => {
  await simulator.stop();
  fs.rmSync(folder, { recursive: true, force: true });
});

/** A server whose every answer is made of it, with a token where one is asked for. */
async function evilServer({ tokens = false } = {}) {
  server = http.createServer((request, response) => {
    request.resume().on('end', () => {
      const isToken = tokens && request.url.includes('token');
      response.writeHead(isToken ? 200 : 400, { 'content-type': 'application/json' });
      const granted = { access_token: 'token-123456', token_type: 'Bearer', expires_in: 3600, scope: EVIL };
      response.end(
        JSON.stringify(
          isToken ? granted : { error: EVIL, error_description: EVIL, message: EVIL, detail: [EVIL] },
        ),
      );
    });
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${server.address().port}`;
}

const SETTING_OPTIONS = [
  ...['auth-url', 'api-url', 'grant', 'client-id', 'client-authentication', 'access-key-id', 'scope', 'api'],
  ...[
    'provider',
    'line',
    'call',
    'session',
    'contact',
    'api-version',
    'proxy',
    'fleet-master',
    'fleet-prefix',
  ],
  ...['client-secret-file', 'access-key-secret-file', 'proxy-file', 'fleet-url-file', 'fleet-sentinels-file'],
];

describe.each([[[]], [['--json']]])('with %j', (json) => {
  test.each([
    ['a command', [EVIL]],
    ['an option', ['validate', `--${EVIL}`]],
    ['a word', ['validate', EVIL]],
    ['a type', ['validate', '--type', EVIL]],
    ['an option to look up', ['options', EVIL]],
    ['a code to look up', ['errors', EVIL]],
    ['a word of audit', ['audit', EVIL, 'file']],
    ['help', ['--help', EVIL]],
  ])('in %s', async (where, args) => {
    isHarmless(await command([...args, ...json], { stdin: '12' }), where);
  });

  test('in digits', async () => {
    isHarmless(await command(['validate', ...json], { stdin: EVIL }), 'digits');
  });

  test.each(['inject', 'doctor'])('in the settings of %s', async (name) => {
    const env = environment(simulator);
    const commands = SETTING_OPTIONS.map(async (option) => {
      const done = await command(
        [name, `--${option}`, EVIL, '--deadline=2000', ...json].filter(known(name)),
        {
          env,
          stdin: '12',
        },
      );
      isHarmless(done, option);
    });
    await Promise.all(commands);
  });

  test('in the names of files of an audit log, and in what they hold', async () => {
    const file = path.join(folder, `${EVIL_NAME}.jsonl`);
    const record = { v: 1, seq: 1, t: EVIL, ev: EVIL, call: EVIL, [EVIL]: EVIL, origin: EVIL, id: EVIL };
    fs.writeFileSync(file, `${JSON.stringify(record)}\n${EVIL_NAME}\n{"broken`);
    const key = path.join(folder, 'key');
    fs.writeFileSync(key, 'a key of a log, 0123456789');
    const missing = path.join(folder, `missing ${EVIL_NAME}`);
    for (const word of ['verify', 'in-doubt', 'show']) {
      for (const files of [[file], [file, file], [file, missing], [missing]]) {
        const keys = word === 'show' ? [] : ['--key-file', key];
        isHarmless(await command(['audit', word, ...keys, ...files, ...json]), word);
      }
    }
    isHarmless(await command(['audit', 'verify', '--key-file', missing, file, ...json]), 'key file');
    isHarmless(await command(['audit', 'verify', '--anchors', missing, file, ...json]), 'anchors');
  });

  test.each(['inject', 'doctor'])('in what servers answer to %s', async (name) => {
    for (const tokens of [false, true]) {
      const url = await evilServer({ tokens });
      const overrides = { CXONE_AUTH_URL: url, CXONE_API_URL: url };
      const session = name === 'doctor' ? ['--session', 'session-1'] : [];
      const settings = [
        [environment(simulator, overrides), []],
        [sessionEnvironment(simulator, overrides), session],
      ];
      for (const [env, more] of settings) {
        isHarmless(await command([name, ...more, ...json], { env, stdin: '12' }), name);
      }
      server.close();
    }
  });

  test('in the names of what is simulated', async () => {
    const during = async (child, seen) => {
      while (!seen().includes('contact-1')) await new Promise((resolve) => setImmediate(resolve));
      child.stdin.end();
    };
    const args = ['simulate', '--call', EVIL, '--session', EVIL, '--until-stdin-ends', ...json];
    isHarmless(await command(args, { stdin: null, during }), 'simulate');
  });
});

/** `doctor` knows no deadline. */
const known = (name) => (arg) => name === 'inject' || !arg.startsWith('--deadline');

test('a terminal gets our colours and nobody else’s', () => {
  let written = '';
  const stream = { isTTY: true, on() {}, write: (text) => (written += text) };
  const output = new Output({ stdout: stream, stderr: stream, env: {}, json: false });
  output.print(`${output.paint('green', 'intact')} ${EVIL} \x1b[31mred`);
  expect(written).toBe(`\x1b[32mintact\x1b[0m ${printable(EVIL)} \ufffd[31mred\n`);
});

test('letters of every language stay, and JSON keeps its value', () => {
  expect(printable('Zürich 東京 🙂 a\u0301')).toBe('Zürich 東京 🙂 a\u0301');
  const json = JSON.stringify({ [EVIL]: [EVIL, '\u{e0001}', '\ud800'] });
  expect(escaped(json)).not.toMatch(HARMFUL);
  expect(JSON.parse(escaped(json))).toEqual(JSON.parse(json));
});
