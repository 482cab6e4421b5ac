'use strict';

// The first program of the README is the first that a user runs.

const fs = require('node:fs');
const path = require('node:path');

const { runProgram } = require('./support/program');

jest.setTimeout(60_000);

test('the first program of the README runs as it stands', async () => {
  const readme = fs.readFileSync(path.join(__dirname, '..', 'README.md'), 'utf8');
  const block = /^```js\r?\n([\s\S]*?)^```\s*$/m.exec(readme);
  expect(block).not.toBeNull();
  const [, source] = block;
  // Which kind of module it is, as Node would tell by the file's name.
  const type = /^\s*import\s/m.test(source) ? 'mjs' : 'cjs';
  const ended = await runProgram(source, { type });
  expect(ended).toMatchObject({ code: 0, signal: null });
  expect(ended.stderr).toBe('');
});
