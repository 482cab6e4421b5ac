'use strict';

// Tones play after the answer: who comes next waits for them, and pauses within a sequence are kept.

const { injectWithRetry } = require('../..');
const { newBench, QUICK_RETRY, settle, failure, until } = require('../support/bench');

const bench = newBench();
/** Two digits of 50 + 50 ms, and the guard of 250. */
const PRESS = { sessionId: 'session-1', dtmfString: '12', toneDuration: 50, interDigitPause: 50 };
const PLAYOUT_MS = 450;
/** Who waits for the end of these tones is still waiting when the test has run out of time. */
const LONG = { ...PRESS, dtmfString: '1'.repeat(20), toneDuration: 5000 };

let platform;
const injectorWith = (config) =>
  bench.injector(platform, { api: 'agent-session', retry: QUICK_RETRY, ...config });

beforeEach(async () => {
  platform = await bench.platform();
});

const gap = (n = 1) => platform.injections()[n].at - platform.injections()[n - 1].answeredAt;
const sequences = () => platform.injections().map(({ body }) => JSON.parse(body).dtmfSequence);

describe('who comes next', () => {
  test('waits until the tones have been played, though the promise settled', async () => {
    const injector = injectorWith();
    const { playoutMs } = await injector.injectDTMF(PRESS);
    expect(playoutMs).toBe(PLAYOUT_MS);
    await injector.injectDTMF(PRESS);
    // Timers of the engine count whole milliseconds.
    expect(gap()).toBeGreaterThanOrEqual(PLAYOUT_MS - 2);
  });

  test('waits after an unknown outcome too', async () => {
    const injector = injectorWith();
    platform.answer({ status: 502 });
    await failure(injector.injectDTMF(PRESS));
    await injector.injectDTMF({ ...PRESS, dtmfString: '8' });
    expect(gap()).toBeGreaterThanOrEqual(PLAYOUT_MS - 2);
  });

  test.each([
    ['after a refusal', {}, { status: 404 }],
    ["with playout: 'none'", { playout: 'none' }, {}],
  ])('does not wait %s', async (_, config, step) => {
    const injector = injectorWith(config);
    platform.answer(step);
    await settle(injector.injectDTMF(LONG));
    await injector.injectDTMF(PRESS);
    expect(platform.injections()).toHaveLength(2);
  });

  test('may give up, and close does not wait', async () => {
    const injector = injectorWith();
    await injector.injectDTMF(LONG);
    const waiting = settle(injector.injectDTMF(PRESS, { signal: AbortSignal.timeout(50) }));
    expect((await waiting).error).toMatchObject({ code: 'ABORT_ERR', delivery: 'not-sent', attempts: 0 });
    await injector.close();
    expect(platform.injections()).toHaveLength(1);
  });
});

describe('pauses', () => {
  const PAUSED = { ...PRESS, dtmfString: '12W3w4' };

  test('are kept between requests that follow each other', async () => {
    const injector = injectorWith({ pauses: true });
    const other = (async () => {
      await until(() => platform.injections().length === 1);
      return injector.injectDTMF({ ...PRESS, dtmfString: '99' });
    })();
    const result = await injector.injectDTMF(PAUSED);
    expect(result.audit).toMatchObject({ delivery: 'accepted', attempts: 3 });
    await other;
    expect(sequences()).toEqual(['12', '3', '4', '99']);
    // Played, then a second; played, then half of one.
    expect(gap(1)).toBeGreaterThanOrEqual(200 + 1000 - 2);
    expect(gap(2)).toBeGreaterThanOrEqual(100 + 500 - 2);
  });

  test('a leading one comes before the first request', async () => {
    const started = performance.now();
    await injectorWith({ pauses: true }).injectDTMF({ ...PRESS, dtmfString: ',1' });
    expect(platform.injections()[0].at - started).toBeGreaterThanOrEqual(498);
    expect(sequences()).toEqual(['1']);
  });

  test('a failure midway leaves half a sequence behind: nothing is sent again', async () => {
    platform.answer({}, { status: 404 });
    const error = await failure(injectWithRetry(injectorWith({ pauses: true }), PAUSED, 3));
    expect(error).toMatchObject({
      code: 'ERR_DTMF_OUTCOME_UNKNOWN',
      delivery: 'unknown',
      safeToResend: false,
      digitsAccepted: 2,
      response: { status: 404 },
      audit: { digitsAccepted: 2, delivery: 'unknown' },
    });
    expect(sequences()).toEqual(['12', '3']);
  });

  test('one at the start is a refusal like any other', async () => {
    platform.answer({ status: 404 });
    const error = await failure(injectorWith({ pauses: true }).injectDTMF(PAUSED));
    expect(error).toMatchObject({ code: 'ERR_DTMF_REJECTED', delivery: 'refused' });
    expect(sequences()).toEqual(['12']);
  });

  test('who gives up midway knows how far it came', async () => {
    const controller = new AbortController();
    const injector = injectorWith({ pauses: true, maxInFlight: 1 });
    const patient = { signal: controller.signal, deadlineMs: 600_000 };
    const outcome = settle(injector.injectDTMF({ ...PRESS, dtmfString: `12${'W'.repeat(59)}3` }, patient));
    await until(() => platform.injections().length === 1);
    // There is room for another request when the answer has been read.
    await injector.injectDTMF({ ...PRESS, sessionId: 'session-2', dtmfString: '9' });
    controller.abort();
    expect((await outcome).error).toMatchObject({
      code: 'ABORT_ERR',
      delivery: 'unknown',
      digitsAccepted: 2,
    });
    expect(sequences()).toEqual(['12', '9']);
  });
});
