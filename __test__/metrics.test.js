'use strict';

const fs = require('node:fs');
const path = require('node:path');

const { newBench, params, QUICK_RETRY, settle, thrown } = require('./support/bench');

const bench = newBench();

/** The samples of a page by name and labels, and the kind of every family. */
function read(page) {
  const samples = new Map();
  const kinds = new Map();
  for (const line of page.trimEnd().split('\n')) {
    const type = /^# TYPE (\S+) (counter|gauge|histogram)$/.exec(line);
    if (type) kinds.set(type[1], type[2]);
    else if (!line.startsWith('# HELP ')) {
      const [, name, labels = '', value] = /^([a-z_]+)(\{.*\})? (\S+)$/.exec(line);
      samples.set(name + labels, Number(value));
    }
  }
  return { samples, kinds };
}

async function injectorWithAPast() {
  const platform = await bench.platform();
  const injector = bench.injector(platform, { retry: QUICK_RETRY });
  injector.registerCTIMonitor(() => {
    throw new Error('a monitor');
  });
  platform.answer({ status: 500 }, {}, { status: 404 }, { drop: 'after' });
  const entries = [];
  for (let n = 0; n < 3; n += 1) {
    const settled = await settle(injector.injectDTMF(params(), { maxAttempts: 2 }));
    entries.push((settled.value ?? settled.error).audit);
  }
  return { injector, entries };
}

test('the snapshot counts outcomes, codes and times', async () => {
  const { injector } = await injectorWithAPast();
  const metrics = injector.metrics();
  expect(metrics).toMatchObject({
    injections: { accepted: 1, refused: 1, notSent: 0, unknown: 1 },
    byCode: { ERR_DTMF_REJECTED: 1, ERR_DTMF_OUTCOME_UNKNOWN: 1 },
    attempts: 4,
    resends: 1,
    tokenRefreshes: 1,
    monitorErrors: 4,
    unmaskFailures: 0,
    fleet: null,
    recognition: { byAcceptance: 1 / 3, reported: { injections: 0, rate: null } },
  });
  for (const times of [metrics.queuedMs, metrics.latencyMs, metrics.attemptMs]) {
    expect(times.count).toBe(3);
    expect(times.p50).toBeLessThanOrEqual(times.p90);
    expect(times.p90).toBeLessThanOrEqual(times.p99);
    expect(times.p99).toBeLessThanOrEqual(times.max);
  }
  expect(metrics.latencyMs.max).toBeGreaterThan(0);
  expect(metrics.tokenAgeMs).toBeGreaterThan(0);
  // A resend costs 14 of 500, a success gives 1 back and every second 10.
  expect(metrics.retryBudget).toBeGreaterThanOrEqual(487);
});

test('the text says the same, in the format of Prometheus', async () => {
  const { injector } = await injectorWithAPast();
  const page = injector.metricsText();
  const { samples, kinds } = read(page);
  for (const [sample, value] of Object.entries({
    'cxone_dtmf_injections_total{delivery="accepted",code=""}': 1,
    'cxone_dtmf_injections_total{delivery="unknown",code="ERR_DTMF_OUTCOME_UNKNOWN"}': 1,
    'cxone_dtmf_resends_total{reason="ERR_DTMF_SERVER"}': 1,
    cxone_dtmf_monitor_errors_total: 4,
    'cxone_dtmf_latency_seconds_bucket{le="+Inf"}': 3,
    cxone_dtmf_latency_seconds_count: 3,
  })) {
    expect([sample, samples.get(sample)]).toEqual([sample, value]);
  }
  expect(samples.get('cxone_dtmf_latency_seconds_sum')).toBeGreaterThan(0);
  expect(page).not.toContain('call-1');
  expect(page).not.toContain(params().dtmfString);
  expect(kinds.get('cxone_dtmf_latency_seconds')).toBe('histogram');
});

test('the page of metrics names all of them, with their kinds', async () => {
  // Nothing is asked of Redis before there is something to press.
  const injector = bench.injector(await bench.platform(), { fleet: { url: 'redis://127.0.0.1' } });
  const { kinds } = read(injector.metricsText());
  const page = fs.readFileSync(path.join(__dirname, '..', 'docs', 'metrics.md'), 'utf8');
  const documented = [...page.matchAll(/^\| `(cxone_dtmf_\w+)` \| (\w+) \|/gm)].map(([, name, kind]) => [
    name,
    kind,
  ]);
  expect(documented.sort()).toEqual([...kinds].sort());
});

describe('reportRecognition', () => {
  test('sums up, once per injection', async () => {
    const { injector, entries } = await injectorWithAPast();
    const [accepted, refused] = entries;
    injector.reportRecognition(accepted.injectionId, 9);
    expect(injector.metrics().recognition.reported).toEqual({
      injections: 1,
      digitsSent: 10,
      digitsRecognised: 9,
      rate: 0.9,
    });
    for (const args of [
      [accepted.injectionId, 9],
      [refused.injectionId, 1],
      ['x', 1],
      [undefined, 1],
    ]) {
      const error = thrown(() => injector.reportRecognition(...args));
      expect(error.code).toBe('ERR_DTMF_INVALID');
      expect(error.message).toMatch(/^injectionId /);
    }
  });

  test.each([11, -1, 1.5, NaN, '4', undefined])('digitsRecognised %p is refused', async (digits) => {
    const { injector, entries } = await injectorWithAPast();
    const error = thrown(() => injector.reportRecognition(entries[0].injectionId, digits));
    expect(error.message).toMatch(/^digitsRecognised /);
  });
});
