'use strict';

// Nothing leaks: a program that meets every fault prints all it can get hold of, and no canary is in it, in no form.

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');

const { CANARIES, found } = require('./support/canaries');
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

test.each(
  CANARIES.flatMap((word) => [word, Buffer.from(`${word}!`).toString('base64'), [...word].join(',')]),
)('a leak of %s is found', async (PLANT) => {
  expect(found(`x${PLANT}y`)).toHaveLength(1);
});

test('a leak of the program is found', async () => {
  const { stdout } = await run({ PLANT: 'pressed 4929187350' });
  expect(found(stdout)).toEqual(['4929187350']);
});
