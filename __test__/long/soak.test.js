'use strict';

const { soak } = require('../support/soak');

test('memory stays where it is', async () => {
  const report = await soak('leak', '300000');
  expect(report).toMatchObject({ locksLeft: 0, waitingLeft: 0 });
  expect(report.grownMb).toBeLessThan(10);
  expect(report.grownWithSignalsMb).toBeLessThan(10);
  expect(report.executions).toBe(60_000 + 300_000 + 30_000);
});

test('ten times more than the platform takes is turned away, and the platform goes on', async () => {
  const report = await soak('overload');
  expect(report.rejections).toBeGreaterThan(0);
  // What collapses under its load does next to nothing. `npm run soak` prints the figures.
  expect(report.goodputShare).toBeGreaterThan(0.1);
  // Far less than what waits for its turn would have waited.
  expect(report.rejectionP99Ms).toBeLessThan(5000);
  expect(report.waiters.waiting).toBeGreaterThan(9_900);
  expect(report.waiters.grownMb).toBeLessThan(100);
});

test('a worker or a process can end at any moment', async () => {
  const report = await soak('endings');
  expect(report).toEqual({ terminations: 200, exits: 100, badExits: 0 });
});
