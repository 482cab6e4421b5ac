'use strict';

// Vitest itself runs tests of users: those of `examples/testing/`, and the habits that Jest's users have too.

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');

const { ROOT, startNode } = require('./support/child');
const { tool } = require('../scripts/lib/dependencies.js');

jest.setTimeout(120_000);

let home;

beforeEach(() => {
  home = fs.mkdtempSync(path.join(os.tmpdir(), 'cxone-dtmf-vitest-'));
  const modules = path.join(home, 'node_modules');
  fs.mkdirSync(modules);
  // A junction needs no rights on Windows and is a plain link elsewhere.
  fs.symlinkSync(ROOT, path.join(modules, 'cxone-dtmf'), 'junction');
  fs.symlinkSync(path.join(ROOT, 'node_modules', 'vitest'), path.join(modules, 'vitest'), 'junction');
});

afterEach(() => fs.rmSync(home, { recursive: true, force: true }));

/** Runs copies of files as a project of its own; how many tests passed. */
async function vitest(...files) {
  for (const file of files) fs.copyFileSync(path.join(ROOT, file), path.join(home, path.basename(file)));
  // Standard output has the log lines of the tests.
  const report = path.join(home, 'report.json');
  const args = ['run', '--root', home, '--globals', '--reporter=json', `--outputFile=${report}`];
  const env = { SHARED: path.join(__dirname, 'habits', 'shared.js'), NO_COLOR: '1', VITEST: '' };
  const ended = await startNode([tool(ROOT, 'vitest'), ...args], { env }).ended;
  const { testResults, numPassedTests } = JSON.parse(fs.readFileSync(report, 'utf8'));
  const failed = testResults.flatMap(({ message, assertionResults }) => [
    ...(message ? [message] : []),
    ...assertionResults
      .filter((one) => one.status !== 'passed')
      .map((one) => [one.fullName, one.failureMessages]),
  ]);
  expect(failed).toEqual([]);
  expect(ended.code).toBe(0);
  return numPassedTests;
}

test('the example of the documentation', async () => {
  expect(await vitest('examples/testing/vitest-style.test.mjs', 'examples/testing/enter-pin.js')).toBe(2);
});

test('the habits of users', async () => {
  expect(await vitest('__test__/habits/vitest.test.mjs')).toBeGreaterThan(15);
});
