'use strict';

const { execFile } = require('node:child_process');
const path = require('node:path');
const { promisify } = require('node:util');

/** Runs a program of `scripts/soak` and gives its report. */
async function soak(name, ...args) {
  const file = path.join(__dirname, '..', 'scripts', 'soak', `${name}.js`);
  const run = promisify(execFile)(process.execPath, ['--expose-gc', file, ...args]);
  return JSON.parse((await run).stdout);
}

test('memory stays where it is', async () => {
  const report = await soak('leak', '50000');
  expect(report).toMatchObject({ locksLeft: 0, waitingLeft: 0 });
  expect(report.grownMb).toBeLessThan(10);
  expect(report.grownWithSignalsMb).toBeLessThan(10);
  // Warm-up, the injections, a tenth with a signal; those with a signal that has fired press nothing.
  expect(report.executions).toBe(60_000 + 50_000 + 5_000);
}, 120_000);

test('ten times more than the platform takes is turned away, and the platform keeps its pace', async () => {
  const report = await soak('overload');
  expect(report.rejections).toBeGreaterThan(1000);
  // Generous, for a busy machine; the figures are in docs/verification.md.
  expect(report.goodputShare).toBeGreaterThan(0.5);
  expect(report.rejectionP99Ms).toBeLessThan(250);
  expect(report.waiters.waiting).toBeGreaterThan(9_900);
  expect(report.waiters.grownMb).toBeLessThan(100);
}, 120_000);

test('a worker or a process can end at any moment', async () => {
  const report = await soak('endings');
  expect(report).toEqual({ terminations: 200, exits: 100, badExits: 0 });
}, 180_000);
