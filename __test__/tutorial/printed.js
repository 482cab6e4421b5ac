'use strict';

// What the tutorial's program prints, read from the tutorial and not from this package: its classes with a lock that lets
// go, and winston's lines. `departures.js` says what of it is otherwise here.

const CALL = 'call-2f6c';
/** `TIME` stands for a time stamp, `MS` for a time in milliseconds; `#` for the seconds of a wait, which `seconds` bounds. */
const TIME = 'TIME';
const MS = 'MS';

const log = (level, message, fields = {}) => ['log', { level, message, ...fields, timestamp: TIME }];
const event = (value) => ['event', value];
const result = (value) => ['result', value];
const failed = (message) => ['failed', message];

/** An accepted injection of 4#. */
const accepted = {
  timestamp: TIME,
  callId: CALL,
  dtmfString: '4#',
  dtmfType: 'SIPINFO',
  interDigitPause: 220,
  validation: {
    frequencies: [
      [770, 1209],
      [941, 1477],
    ],
    carrierCompatible: true,
    valid: true,
  },
  status: 'success',
  latencyMs: MS,
  recognitionRate: 1,
};

const notAccepted = (errorCode, errorMessage, dtmfString = '4#') => ({
  timestamp: TIME,
  callId: CALL,
  dtmfString,
  status: 'error',
  latencyMs: MS,
  errorCode,
  errorMessage,
});

const token = log('info', 'OAuth token refreshed successfully');

const success = (data) => [
  log('info', 'DTMF injection completed', accepted),
  event({ event: 'dtmf.injected', callId: CALL, auditEntry: accepted, payload: data }),
  result({ success: true, data, audit: accepted }),
];

/** One attempt that failed. */
const attempt = (entry) => [
  log('error', 'DTMF injection failed', entry),
  event({ event: 'dtmf.failed', callId: CALL, auditEntry: entry }),
];

/** What axios says of a status. */
const refused = (status) => attempt(notAccepted(status, `Request failed with status code ${status}`));

const wait = (seconds, n) => [
  ...refused(429),
  [
    'log',
    { level: 'warn', message: `Rate limit hit. Retrying in #s (attempt ${n}/3)`, timestamp: TIME, seconds },
  ],
];

const BUSY = `Channel conflict: call ${CALL} is currently locked by another process`;
const NO_CLIENT = 'OAuth authentication failed: invalid client credentials';
const NO_DIGIT = 'Invalid DTMF character: z. Must be 0-9, *, #, A-D';
const ANSWER = { id: 'dtmf-5b', took: 'it' };

const again = { status: 429, headers: { 'retry-after': '1' } };
const done = { status: 200, body: ANSWER };

/** The runs: what the platform answers to digits (or to the request for a token), and what is printed then. */
const RUNS = {
  success: { answers: [done], printed: [token, ...success(ANSWER)] },
  400: {
    answers: [{ status: 400 }],
    printed: [token, ...refused(400), failed('Request failed with status code 400')],
  },
  403: {
    answers: [{ status: 403 }],
    printed: [token, ...refused(403), failed('Request failed with status code 403')],
  },
  404: {
    answers: [{ status: 404 }],
    printed: [token, ...refused(404), failed('Request failed with status code 404')],
  },
  409: { answers: [{ status: 409 }], printed: [token, ...refused(409), failed(BUSY)] },
  '429 with Retry-After, then success': {
    answers: [again, done],
    printed: [token, ...wait([1, 1], 1), ...success(ANSWER)],
  },
  '429 without Retry-After, then success': {
    answers: [{ status: 429 }, done],
    printed: [token, ...wait([2, 2.5], 1), ...success(ANSWER)],
  },
  '429 to the end': {
    answers: [again, again, again],
    printed: [token, ...wait([1, 1], 1), ...wait([1, 1], 2), ...wait([1, 1], 3), result(null)],
  },
  '500 twice, then success': {
    answers: [{ status: 500 }, { status: 500 }, done],
    printed: [token, ...refused(500), ...refused(500), ...success(ANSWER)],
  },
  '401 to the request for a token': {
    token: { status: 401, body: { error: 'invalid_client' } },
    answers: [],
    printed: [...attempt(notAccepted('unknown', NO_CLIENT)), failed(NO_CLIENT)],
  },
  'a digit that is none': {
    code: '4z',
    answers: [],
    printed: [...attempt(notAccepted('unknown', NO_DIGIT, '4z')), failed(NO_DIGIT)],
  },
};

module.exports = { RUNS, CALL, CODE: '4#', TIME, MS };
