'use strict';

const { params, settle, until } = require('./bench');

const codes = (outcomes) => outcomes.map((outcome) => (outcome.ok ? 'ok' : outcome.error.code));

/** Rounds of: so many wait behind an unknown outcome and are sent away, while others come anew. */
async function dismissed(bench, platform, waiting, rounds) {
  const most = { maxWaitingPerCall: 1000, maxWaiting: 10_000, deadlineMs: 600_000, lockTimeoutMs: 600_000 };
  const crowded = bench.injector(platform, most);
  await crowded.injectDTMF(params({ callId: 'warm' }));
  // Long enough for two to meet, if they could.
  platform.usualInjection = { delayMs: 1 };
  for (let round = 0; round < rounds && platform.peakPerCall === 1; round += 1) {
    const callId = `call-${round}`;
    const inject = (dtmfString) => crowded.injectDTMF(params({ callId, dtmfString }));
    // Nothing is answered before all of them wait.
    platform.answer({ drop: 'after', hold: true });
    const again = [];
    // From the very handler that hears of the unknown outcome, while the others have not left yet.
    const first = inject('1').catch((error) => {
      for (let n = 0; n < waiting + 5; n += 1) again.push(settle(inject('2')));
      return error.code;
    });
    const behind = Array.from({ length: waiting }, () => settle(inject('3')));
    await until(() => platform.injections(callId).length === 1 && crowded.metrics().waiting === waiting);
    platform.release();
    expect(await first).toBe('ERR_DTMF_OUTCOME_UNKNOWN');
    expect(new Set(codes(await Promise.all(behind)))).toEqual(new Set(['ERR_DTMF_AFTER_UNKNOWN']));
    expect(codes(await Promise.all(again))).toEqual(Array(waiting + 5).fill('ok'));
  }
  expect(platform.peakPerCall).toBe(1);
  expect(crowded.metrics()).toMatchObject({ waiting: 0, inFlight: 0 });
}

module.exports = { dismissed };
