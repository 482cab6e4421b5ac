'use strict';

// A sequence that is longer than one request takes goes out in several, if the program says so.

const { injectWithRetry } = require('..');
const { newBench, params, failure } = require('./support/bench');
const { profile } = require('./support/profiles');

const bench = newBench();
/** A card number and `#` are too long for the tutorial's API; these are for a session too. */
const CARD = '40128888888818810#5521#';
const PIECES = [12, 11];

let platform;
let injector;

beforeEach(async () => {
  platform = await bench.platform();
  injector = bench.injector(platform);
});

const long = (fields) => params({ dtmfString: CARD, interDigitPause: 50, ...fields });
const pieces = () => platform.injections().map(({ body }) => profile.digitsOf(body));

test('in order, whole, with the pause between the requests, as one injection', async () => {
  const events = [];
  injector.registerCTIMonitor((event) => void events.push(event));
  const first = injector.injectDTMF(long(), { split: true });
  const second = injector.injectDTMF(params({ dtmfString: '7' }));
  const { success, audit } = await first;
  expect(success).toBe(true);
  expect(audit).toMatchObject({ delivery: 'accepted', attempts: 2, dtmfString: '*****' });
  await second;
  expect(pieces().slice(0, 2).join('')).toBe(CARD);
  expect(pieces().map((digits) => digits.length)).toEqual([...PIECES, 1]);
  const [one, two] = platform.injections();
  // At the least tones that no receiver could hear if they were shorter.
  expect(two.at - one.answeredAt).toBeGreaterThanOrEqual(PIECES[0] * (40 + 50) - 2);
  expect(events.map(({ event }) => event)).toEqual(['dtmf.injected', 'dtmf.injected']);
});

test('by the default of the injector, and not where an injection says otherwise', async () => {
  const splitting = bench.injector(platform, { split: true });
  await injectWithRetry(splitting, long());
  expect(pieces().join('')).toBe(CARD);
  expect(await failure(splitting.injectDTMF(long(), { split: false }))).toMatchObject({
    code: 'ERR_DTMF_INVALID',
  });
});

test('what fails midway is unknown, says how far it came and is not sent again', async () => {
  platform.answer({}, { status: 404, body: { message: `lost ${CARD.slice(PIECES[0])}` } });
  const error = await failure(injectWithRetry(injector, long(), 3, { split: true }));
  expect(error).toMatchObject({
    code: 'ERR_DTMF_OUTCOME_UNKNOWN',
    delivery: 'unknown',
    safeToResend: false,
    digitsAccepted: PIECES[0],
    // A piece is masked like the whole.
    response: { status: 404, data: { message: 'lost *****' } },
  });
  expect(pieces()).toHaveLength(2);
});

test('the error of a long sequence begins as ever, names the option and does not say how long it is', async () => {
  const most = profile.name === 'telephony-v2' ? 16 : 20;
  const { message } = await failure(injector.injectDTMF(long()));
  expect(message).toMatch(new RegExp(`^DTMF sequence exceeds maximum length of ${most} characters`));
  expect(message).toContain('split: true');
  expect(message).not.toContain(String(CARD.length));
  const longer = await failure(injector.injectDTMF(long({ dtmfString: '1'.repeat(129) }), { split: true }));
  expect(longer.message).toMatch(/^DTMF sequence exceeds maximum length of 128 characters/);
  expect(platform.requests).toHaveLength(0);
});

test('is true or false', async () => {
  const error = await failure(injector.injectDTMF(long(), { split: 1 }));
  expect(error).toMatchObject({ code: 'ERR_DTMF_INVALID', message: expect.stringMatching(/^split\b/) });
  expect(() => bench.injector(platform, { split: 'yes' })).toThrow(/^split\b/);
});
