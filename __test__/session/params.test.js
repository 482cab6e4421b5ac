'use strict';

// What may be asked of a session, what is said of the rest, and what entries, events and results show.

const { newBench, failure } = require('../support/bench');

const bench = newBench();
const PRESS = { sessionId: 'session-1', dtmfString: '12*#' };
let platform;

beforeEach(async () => {
  platform = await bench.platform();
});

const injectorWith = (config) =>
  bench.injector(platform, { api: 'agent-session', playout: 'none', ...config });

const CHARACTER = 'Invalid DTMF character at position 2 (counted from 1): allowed are';
const TONE = 'Tone duration must be between 50 and 5000 milliseconds (toneDuration)';
const WHOLE = 'toneDuration must be a whole number of milliseconds';
const KNOWN =
  'sessionId, dtmfString, toneDuration, interDigitPause, contactId, maskRecording, focus, unguarded';

test.each([
  [{ callId: 'c' }, `params.callId is not known to api 'agent-session': it takes ${KNOWN}`],
  [{ dtmfType: 'INBAND' }, `params.dtmfType is not known to api 'agent-session': it takes ${KNOWN}`],
  [{ dtmfString: '' }, 'DTMF sequence must be a non-empty string'],
  [
    { dtmfString: 12 },
    'DTMF sequence must be a non-empty string: a number loses its leading zeros, so pass dtmfString as a string',
  ],
  [
    { dtmfString: '1'.repeat(21) },
    'DTMF sequence exceeds maximum length of 20 characters: the option split: true sends up to 128 in several requests',
  ],
  [{ dtmfString: '1A' }, `${CHARACTER} 0-9, * and # in dtmfString; A-D need allowAToD: true`],
  [{ dtmfString: '1,2' }, `${CHARACTER} 0-9, * and # in dtmfString; pauses , w W need pauses: true`],
  [{ dtmfString: '1p' }, `${CHARACTER} 0-9, * and # in dtmfString`],
  [{ toneDuration: 49 }, TONE],
  [{ toneDuration: 5001 }, TONE],
  [{ toneDuration: 120.5 }, WHOLE],
  [{ toneDuration: '120' }, `${WHOLE}, given as a number`],
  [{ toneDuration: null }, `${WHOLE}, given as a number`],
  [{ maskRecording: 'yes' }, 'maskRecording must be true or false'],
  [{ maskRecording: true }, 'maskRecording needs contactId, the contact whose recording is masked'],
  [{ focus: 1 }, 'focus must be true or false'],
  [{ focus: true }, 'focus needs contactId, the contact that is brought into focus'],
  [{ unguarded: 'no' }, 'unguarded must be true or false'],
])('%j is refused', async (more, message) => {
  expect(await failure(injectorWith().injectDTMF({ ...PRESS, ...more }))).toMatchObject({
    code: 'ERR_DTMF_INVALID',
    delivery: 'not-sent',
    message,
    audit: { callId: 'session-1', dtmfType: null, interDigitPause: null, validation: { valid: false } },
  });
  expect(platform.requests).toHaveLength(0);
});

test.each([
  [{ sessionId: undefined }, /^sessionId must be a string/],
  [{ sessionId: '../x' }, /^sessionId must be 1 to 128/],
  [{ contactId: '' }, /^contactId must be 1 to 128/],
  [{ contactId: true }, /^contactId must be a string, or a whole number$/],
  [{ contactId: 7.5 }, /^contactId must be a string, or a whole number$/],
  [{ contactId: -7 }, /^contactId must be a string, or a whole number$/],
  [{ contactId: NaN }, /^contactId must be a string, or a whole number$/],
  [{ contactId: 2 ** 53 }, /^contactId must be a string, or a whole number$/],
  [{ interDigitPause: 49 }, /50 and 1000/],
  [{ interDigitPause: '120' }, /^interDigitPause must be a whole number/],
])('%j breaks a rule of all ids or pauses', async (more, message) => {
  const error = await failure(injectorWith().injectDTMF({ ...PRESS, ...more }));
  expect(error).toMatchObject({ code: 'ERR_DTMF_INVALID', message: expect.stringMatching(message) });
  expect(platform.requests).toHaveLength(0);
});

test.each([
  [{}, PRESS, '{"dtmfSequence":"12*#","toneDurationMS":120,"toneSpacingMS":120}'],
  [
    {},
    { ...PRESS, toneDuration: 50, interDigitPause: 50 },
    '{"dtmfSequence":"12*#","toneDurationMS":50,"toneSpacingMS":50}',
  ],
  [
    { allowAToD: true },
    { ...PRESS, dtmfString: '1aD' },
    '{"dtmfSequence":"1AD","toneDurationMS":120,"toneSpacingMS":120}',
  ],
])('%j sends %j as it stands in the body', async (config, params, body) => {
  await injectorWith(config).injectDTMF(params);
  expect(platform.injections()[0].body).toBe(body);
});

test('a contact id may be a number, and is text from there on', async () => {
  const press = { ...PRESS, contactId: 90002, maskRecording: true, unguarded: true };
  const { audit } = await injectorWith().injectDTMF(press);
  expect(audit.contactId).toBe('90002');
  expect(platform.of('mask')[0].path).toMatch(/\/interactions\/90002\/mask$/);
});

test('entry, event and result', async () => {
  const injector = injectorWith();
  const events = [];
  injector.registerCTIMonitor((event) => void events.push(event));
  const result = await injector.injectDTMF({ ...PRESS, contactId: 'contact-1' });
  // Four digits of 120 + 120 ms, and the guard of 250.
  expect(result).toMatchObject({ success: true, playoutMs: 1210 });
  expect(result.audit).toEqual({
    timestamp: expect.any(String),
    injectionId: expect.any(String),
    callId: 'session-1',
    dtmfString: '*****',
    dtmfType: null,
    interDigitPause: 120,
    toneDuration: 120,
    contactId: 'contact-1',
    maskRecording: false,
    validation: { valid: true, carrierCompatible: true },
    status: 'success',
    latencyMs: expect.any(Number),
    queuedMs: expect.any(Number),
    attemptMs: expect.any(Number),
    attempts: 1,
    recognitionRate: 1,
    recognitionSource: 'acceptance',
    delivery: 'accepted',
    playoutMs: 1210,
  });
  expect(events).toEqual([
    {
      event: 'dtmf.injected',
      callId: 'session-1',
      auditEntry: result.audit,
      payload: result.data,
    },
  ]);
});

test("digits: 'clear' shows digits and pauses, and frequencies of the digits alone", async () => {
  const injector = injectorWith({ digits: 'clear', pauses: true, allowAToD: true });
  const { audit } = await injector.injectDTMF({ ...PRESS, dtmfString: '1wa', toneDuration: 50 });
  expect(audit).toMatchObject({
    dtmfString: '1wA',
    validation: {
      carrierCompatible: false,
      frequencies: [
        [697, 1209],
        [697, 1633],
      ],
    },
  });
});
