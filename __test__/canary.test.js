'use strict';

// Nothing leaks: a program that meets every fault prints all it can get hold of, and no canary is in it, in no form.

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');

const { CANARIES, found } = require('../scripts/lib/canaries');
const { startNode } = require('./support/child');
const { profile } = require('./support/profiles');

const PROGRAM = path.join('__test__', 'support', 'canary-program.js');

/** Runs the program; gives all that it printed and wrote. */
async function run(env = {}) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'cxone-dtmf-canary-'));
  try {
    const common = { AUDIT: folder, WIRE_PROFILE: profile.name, CXONE_DTMF_LOG: 'debug' };
    const { code, stdout, stderr } = await startNode([PROGRAM], { env: { ...common, ...env } }).ended;
    const files = fs.readdirSync(folder).map((name) => fs.readFileSync(path.join(folder, name), 'utf8'));
    return { code, stdout, stderr, files: files.join('\n') };
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

test('no digit, token, secret or key is in what is printed, logged, measured or kept', async () => {
  const { code, stdout, stderr, files } = await run();
  expect(code).toBe(0);
  // All of it happened, or its absence would prove nothing.
  for (const sign of [
    'dtmf.injected',
    'ERR_DTMF_OUTCOME_UNKNOWN',
    'ERR_DTMF_REJECTED',
    'ABORT_ERR',
    'ERR_DTMF_AUTH',
  ]) {
    expect(stdout).toContain(sign);
  }
  expect(stderr).toMatch(/cxone-dtmf DEBUG: settled/);
  expect(files).toMatch(/"ev":"outcome"/);
  expect(found(stdout)).toEqual([]);
  expect(found(stderr)).toEqual([]);
  expect(found(files)).toEqual([]);
});

// Written here otherwise than the search writes them, and by number, since titles are output as well.
test.each(
  CANARIES.flatMap((word) => [
    word,
    ...['', 'a', 'ab', 'abc'].map((before) => Buffer.from(`${before}${word}!`).toString('base64')),
    Buffer.from(`a${word}!`).toString('base64url'),
    word.replace(/./g, (letter) => `%${letter.charCodeAt(0).toString(16)}`),
    word.replace(/./g, (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`),
    [...word].join(','),
  ]),
)('leak %# is found', (leak) => {
  expect(found(`x${leak}y`).length).toBe(1);
});

test('a leak of the program is found', async () => {
  const { stdout } = await run({ PLANT: 'pressed 4929187350' });
  expect(found(stdout)).toEqual(['4929187350']);
});
