'use strict';

// The measurement itself: it runs, and it counts what the platform really carried out.

const { execFile } = require('node:child_process');
const path = require('node:path');
const { promisify } = require('node:util');

const { startPlatform } = require('../scripts/bench/platform.js');
const { judge } = require('../scripts/bench/goals.js');
const { compare } = require('../scripts/bench/instructions.js');
const { markdown } = require('../scripts/bench/report.js');
const { Results } = require('../scripts/bench/results.js');
const locks = require('../scripts/growth/locks.js');
const monitors = require('../scripts/growth/monitors.js');

const script = path.join(__dirname, '..', 'scripts', 'bench.js');
const bench = (...args) => promisify(execFile)(process.execPath, [script, ...args]);

/** Figures of one round; what does not matter is the same everywhere. */
const figures = (perSecond, mainMicros = 10) => ({
  acknowledged: 1,
  injections: 1,
  perSecond,
  cpuMicros: 1,
  mainMicros,
  mainCpuMicros: mainMicros,
  loopDelayP99Ms: 1,
  latencyP50Micros: 1,
  latencyP99Micros: 1,
  longestGapMs: 1,
  peakMb: 1,
});

test('a short run counts what the platform carried out', async () => {
  const short = [
    '--seconds',
    '0.2',
    '--rounds',
    '1',
    '--schemes',
    'http',
    '--in-flight',
    '8',
    '--json',
    '--no-build',
  ];
  const { stdout } = await bench(...short, '--only', 'ours,undici,tutorial');
  const run = JSON.parse(stdout);
  expect(run.executed).toBe(run.acknowledged);
  expect(run.executed).toBeGreaterThan(0);
  const [{ rows }] = run.cases;
  expect(rows.map(({ client }) => client)).toEqual(['ours', 'tutorial', 'undici']);
  for (const { medians, toOurs } of rows) {
    // Only Linux tells the processor time of a thread.
    const none = process.platform === 'linux' ? [] : ['mainCpuMicros'];
    for (const [metric, value] of Object.entries(medians)) {
      expect([metric, typeof value]).toEqual([metric, none.includes(metric) ? 'object' : 'number']);
    }
    expect(toOurs.perSecond).toBeGreaterThan(0);
  }
  expect(markdown(run)).toContain('| http, 8 in flight');
}, 60_000);

test('the growth is measured beside what waits and what listens', async () => {
  const platform = await startPlatform('http');
  try {
    const [one, hundred] = await locks.rows(platform, { most: 100 });
    expect(one).toMatchObject({ passMicros: expect.any(Number), bytesEach: null });
    expect(hundred).toMatchObject({ passMicros: expect.any(Number), bytesEach: expect.any(Number) });
    const found = await monitors.rows(platform, { rounds: 1, seconds: 0.1 });
    expect(found.map(({ what }) => what)).toEqual(['1 monitor', '10 monitors', '100 monitors']);
    for (const { perSecond } of found) expect(perSecond).toBeGreaterThan(0);
  } finally {
    await platform.stop();
  }
}, 60_000);

test('a wrong option is said, and nothing is measured', async () => {
  await expect(bench('--only', 'curl')).rejects.toMatchObject({ code: 2, stdout: '' });
});

test('figures are medians, and ratios those of each round', () => {
  const results = new Results();
  const one = { scheme: 'http', inFlight: 32 };
  for (const [ours, theirs] of [
    [100, 50],
    [300, 60],
    [200, 80],
  ]) {
    results.add(one, 'undici', figures(theirs));
    results.add(one, 'ours', figures(ours));
  }
  const [{ rows }] = results.summary(['ours', 'undici']);
  expect(rows.map(({ medians }) => medians.perSecond)).toEqual([200, 60]);
  expect(rows[1].toOurs.perSecond).toBe(0.4);
});

test('a goal is met, missed or not measured', () => {
  const results = new Results();
  const one = { scheme: 'http', inFlight: 32 };
  results.add(one, 'ours', figures(120, 8));
  results.add(one, 'undici', figures(100, 40));
  results.add(one, 'rust', figures(160, null));
  const judged = judge(results.summary(['ours', 'undici', 'rust']));
  const met = Object.fromEntries(
    judged.filter(({ at }) => at.scheme === 'http' && at.inFlight === 32).map(({ what, met }) => [what, met]),
  );
  expect(met).toEqual({
    'injections/s, to the tutorial': null,
    'injections/s, to undici': false,
    'injections/s, to bare Rust': false,
    'JavaScript thread per injection': false,
    'JavaScript thread, to the tutorial': null,
    'JavaScript thread, to undici': true,
  });
});

test('more instructions than are tolerated are worse, fewer or new ones are not', () => {
  const baseline = { rust: '1.0.0', arch: 'x64', instructions: { lock: 1000, record: 1000, address: 1000 } };
  const compared = compare({ lock: 1051, record: 1049, address: 500, judgement: 9 }, baseline, 0.05);
  expect(compared.map(({ name, worse }) => [name, worse])).toEqual([
    ['lock', true],
    ['record', false],
    ['address', false],
    ['judgement', false],
  ]);
});
