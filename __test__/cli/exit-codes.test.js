'use strict';

const fs = require('node:fs');
const path = require('node:path');

const { BY_CODE, EXIT, exitCodeOf } = require('../../lib/cli/exit-codes.js');

const root = path.join(__dirname, '..', '..');

test('every error code of the typings has an exit code of its own choosing', () => {
  const typings = fs.readFileSync(path.join(root, 'index.d.ts'), 'utf8');
  // Not the text of comments: ERR_DTMF_… may stand there for all of them.
  const codes = new Set(typings.match(/'(ERR_DTMF_[A-Z_]+|ABORT_ERR)'/g).map((code) => code.slice(1, -1)));
  expect(codes.size).toBeGreaterThan(15);
  for (const code of codes) expect(Object.keys(BY_CODE)).toContain(code);
});

test('an unknown outcome is 8 whatever the code', () => {
  for (const code of [...Object.keys(BY_CODE), 'ERR_DTMF_OF_TOMORROW']) {
    expect(exitCodeOf({ code, delivery: 'unknown' })).toBe(8);
  }
});

test('nothing else is 8 or 0, and a code of tomorrow is internal', () => {
  for (const code of Object.keys(BY_CODE).filter((code) => code !== 'ERR_DTMF_OUTCOME_UNKNOWN')) {
    expect([1, 3, 4, 5, 6, 7]).toContain(exitCodeOf({ code, delivery: 'not-sent' }));
  }
  expect(exitCodeOf({ code: 'ERR_DTMF_OF_TOMORROW', delivery: 'not-sent' })).toBe(1);
  expect(exitCodeOf({ code: 'constructor', delivery: 'not-sent' })).toBe(1);
});

test('the documentation lists every number, and every code beside its number', () => {
  const page = fs.readFileSync(path.join(root, 'docs', 'cli.md'), 'utf8');
  const row = (number) => page.split('\n').find((line) => line.startsWith(`| ${number} |`));
  for (const number of [...Object.values(EXIT), 130, 143]) expect(row(number)).toBeDefined();
  for (const [code, number] of Object.entries(BY_CODE)) {
    if (code !== 'ABORT_ERR') expect(row(number)).toContain(`\`${code}\``);
  }
});
