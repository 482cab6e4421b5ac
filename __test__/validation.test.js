'use strict';

const {
  DTMF_FREQUENCIES,
  DtmfError,
  MAX_INTER_DIGIT_PAUSE,
  MAX_SEQUENCE_LENGTH,
  MIN_INTER_DIGIT_PAUSE,
  SUPPORTED_DTMF_TYPES,
  injectWithRetry,
  validateDtmfPayload,
} = require('..');
const { newBench, params, failure, thrown } = require('./support/bench');

const bench = newBench();

const WHOLE = 'interDigitPause must be a whole number of milliseconds';

// What breaks a rule of the payload: the field, the value, the message.
const BROKEN = [
  ['dtmfString', '', 'DTMF sequence must be a non-empty string'],
  ['dtmfString', undefined, 'DTMF sequence must be a non-empty string'],
  ['dtmfString', null, 'DTMF sequence must be a non-empty string'],
  [
    'dtmfString',
    1234,
    /^DTMF sequence must be a non-empty string: a number loses its leading zeros\b.*\bstring$/,
  ],
  ['dtmfString', ['1'], 'DTMF sequence must be a non-empty string'],
  ['dtmfString', '1'.repeat(17), /^DTMF sequence exceeds maximum length of 16 characters\b/],
  ['dtmfString', '1'.repeat(100_000), /^DTMF sequence exceeds maximum length of 16 characters\b/],
  ['dtmfString', '98E7', /^Invalid DTMF character\b.*\bposition 3\b/],
  ['dtmfString', '98 7', /^Invalid DTMF character\b.*\bposition 3\b/],
  ['dtmfString', '987,', /^Invalid DTMF character\b.*\bposition 4\b/],
  ['dtmfString', '٣98', /^Invalid DTMF character\b.*\bposition 1\b/],
  ['dtmfString', '98\u0000', /^Invalid DTMF character\b.*\bposition 3\b/],
  ['dtmfString', '98\ud800', /^Invalid DTMF character\b.*\bposition 3\b/],
  ['dtmfType', 'rfc2833', /^Unsupported DTMF type\b/],
  ['dtmfType', 'RFC4733', /^Unsupported DTMF type\b/],
  ['dtmfType', '', /^Unsupported DTMF type\b/],
  ['dtmfType', undefined, /^Unsupported DTMF type\b/],
  ['dtmfType', 7, /^Unsupported DTMF type: dtmfType must be a string\b/],
  ['dtmfType', Object('INBAND'), /^Unsupported DTMF type: dtmfType must be a string\b/],
  ['dtmfType', 'constructor', /^Unsupported DTMF type\b/],
  ['interDigitPause', 49, 'Inter-digit pause must be between 50 and 1000 milliseconds'],
  ['interDigitPause', 1001, 'Inter-digit pause must be between 50 and 1000 milliseconds'],
  ['interDigitPause', -150, 'Inter-digit pause must be between 50 and 1000 milliseconds'],
  ...[Infinity, NaN, 150.5].map((wrong) => ['interDigitPause', wrong, WHOLE]),
  ...['150', undefined, null, 150n, Object(150), {}, [150], true, Symbol('150')].map((wrong) => [
    'interDigitPause',
    wrong,
    `${WHOLE}, given as a number`,
  ]),
];

function expectInvalid(error, message) {
  expect(error).toBeInstanceOf(DtmfError);
  expect(error).toMatchObject({
    code: 'ERR_DTMF_INVALID',
    delivery: 'not-sent',
    safeToResend: true,
    retryable: false,
    attempts: 0,
  });
  if (typeof message === 'string') expect(error.message).toBe(message);
  else expect(error.message).toMatch(message);
}

describe('validateDtmfPayload', () => {
  test('answers with the frequencies of each digit', () => {
    expect(validateDtmfPayload('1#', 'RFC2833', 150)).toEqual({
      frequencies: [
        [697, 1209],
        [941, 1477],
      ],
      carrierCompatible: true,
      valid: true,
    });
  });

  test.each(['A', 'b', 'C', 'd', '12D4'])('%s is valid, but not what all carriers pass', (digits) => {
    expect(validateDtmfPayload(digits, 'SIPINFO', 50)).toMatchObject({
      valid: true,
      carrierCompatible: false,
    });
  });

  test('lower case is the same key', () => {
    const { frequencies } = validateDtmfPayload('abcd', 'INBAND', 1000);
    expect(frequencies).toEqual(['A', 'B', 'C', 'D'].map((key) => [...DTMF_FREQUENCIES[key]]));
  });

  test('takes the longest sequence and the bounds of the pause', () => {
    expect(validateDtmfPayload('0'.repeat(MAX_SEQUENCE_LENGTH), 'INBAND', MIN_INTER_DIGIT_PAUSE).valid).toBe(
      true,
    );
    expect(validateDtmfPayload('*', 'INBAND', MAX_INTER_DIGIT_PAUSE).valid).toBe(true);
  });

  test.each(BROKEN)('%s, case %#', (field, value, message) => {
    const { dtmfString, dtmfType, interDigitPause } = params({ [field]: value });
    expectInvalid(
      thrown(() => validateDtmfPayload(dtmfString, dtmfType, interDigitPause)),
      message,
    );
  });

  test('messages never hold the value', () => {
    const error = thrown(() => validateDtmfPayload('4929187350x', 'RFC2833', 150));
    expect(error.message).not.toContain('4929187350');
    expect(thrown(() => validateDtmfPayload('1', '4929187350', 150)).message).not.toContain('4929187350');
  });
});

test('the constants are those of the API', () => {
  expect([...SUPPORTED_DTMF_TYPES].sort()).toEqual(['INBAND', 'RFC2833', 'SIPINFO']);
  expect([MAX_SEQUENCE_LENGTH, MIN_INTER_DIGIT_PAUSE, MAX_INTER_DIGIT_PAUSE]).toEqual([16, 50, 1000]);
  expect(Object.keys(DTMF_FREQUENCIES).sort()).toEqual([...'#*0123456789ABCD']);
  const rows = ['123A', '456B', '789C', '*0#D'];
  for (const [row, low] of [697, 770, 852, 941].entries()) {
    for (const [column, high] of [1209, 1336, 1477, 1633].entries()) {
      expect(DTMF_FREQUENCIES[rows[row][column]]).toEqual([low, high]);
    }
  }
});

describe('injectDTMF', () => {
  test.each(BROKEN)('%s, case %#', async (field, value, message) => {
    const platform = await bench.platform();
    const injector = bench.injector(platform);
    expectInvalid(await failure(injector.injectDTMF(params({ [field]: value }))), message);
    expect(platform.requests).toHaveLength(0);
  });

  const ids = [
    '',
    '.',
    '..',
    'a/b',
    '../x',
    'a%2fb',
    '%2e%2e',
    'a\\b',
    'a b',
    'a?b',
    'a#b',
    'a\r\nb',
    'a\u0000',
    'ä',
    'x'.repeat(129),
    undefined,
    null,
    7,
    {},
  ];
  test.each(['telephonyProviderId', 'lineId', 'callId'])('%s that breaks the rule', async (field) => {
    const platform = await bench.platform();
    const injector = bench.injector(platform);
    for (const id of ids) {
      expectInvalid(await failure(injector.injectDTMF(params({ [field]: id }))), new RegExp(field));
    }
    expect(platform.requests).toHaveLength(0);
  });

  test('every character of an id arrives as one segment', async () => {
    const platform = await bench.platform();
    const injector = bench.injector(platform);
    const callId = 'Az09._~:@+=-...';
    await injector.injectDTMF(params({ callId, lineId: 'x'.repeat(128) }));
    expect(platform.injections(callId)).toHaveLength(1);
    expect(platform.requests).toHaveLength(2);
  });

  test('lower case digits are sent as upper case', async () => {
    const platform = await bench.platform();
    await bench.injector(platform).injectDTMF(params({ dtmfString: '1a#d' }));
    expect(JSON.parse(platform.injections()[0].body).dtmf).toBe('1A#D');
  });

  test('rejects what is no params object, and never throws', async () => {
    const injector = bench.injector(await bench.platform());
    for (const bad of [undefined, null, 'text', 7, () => {}]) {
      expectInvalid(await failure(injector.injectDTMF(bad)), /./);
    }
    expectInvalid(await failure(injectWithRetry(injector, undefined)), /./);
  });

  test('rejects params that cannot be read, with its one event', async () => {
    const injector = bench.injector(await bench.platform());
    const events = [];
    injector.registerCTIMonitor((event) => void events.push(event.event));
    const hostile = {
      ...params(),
      get callId() {
        throw new Error('4929187350');
      },
    };
    expectInvalid(await failure(injector.injectDTMF(hostile)), /./);
    expect(events).toEqual(['dtmf.failed']);
    await injector.close();
  });

  test('ignores unknown keys in params', async () => {
    const injector = bench.injector(await bench.platform());
    await expect(injector.injectDTMF(params({ note: 'x' }))).resolves.toMatchObject({ success: true });
  });
});
