'use strict';

// A program in the way of the tutorial, with nothing changed but its `require` line: what it prints, line by line, and what
// it sends. `tutorial/printed.js` says what the tutorial's prints, `tutorial/departures.js` what is otherwise on purpose.

const fs = require('node:fs');
const path = require('node:path');

const { validateDtmfPayload } = require('..');
const { newBench, thrown } = require('./support/bench');
const { runProgram } = require('./support/program');
const { depart } = require('./tutorial/departures');
const { RUNS, CALL, CODE, TIME, MS } = require('./tutorial/printed');

const PROGRAM = fs.readFileSync(path.join(__dirname, 'tutorial', 'program.js'), 'utf8');

const refused = (status) => `the platform refused the request (${status}) and pressed nothing`;

/** That of `validateDtmfPayload`, which has the digit's place and not the digit. */
function invalidDigit() {
  const { message } = thrown(() => validateDtmfPayload('4z', 'SIPINFO', 220));
  if (!/^Invalid DTMF character at position 2 /.test(message) || message.includes('z'))
    throw new Error('not the message of an invalid digit');
  return message;
}

/** What is known of each injection here, and how the package words what went wrong. */
const KNOWN = {
  success: { delivery: 'accepted' },
  400: { delivery: 'refused', code: 'ERR_DTMF_REJECTED', message: refused(400) },
  403: {
    delivery: 'refused',
    code: 'ERR_DTMF_FORBIDDEN',
    message:
      'the platform forbids this call or line to this client (403): check the permissions of the client',
  },
  404: {
    delivery: 'refused',
    code: 'ERR_DTMF_REJECTED',
    message: 'the platform does not know this call, line or provider (404): it may have ended',
  },
  409: {
    delivery: 'refused',
    code: 'ERR_DTMF_CONFLICT',
    message: `Channel conflict: call ${CALL} is currently locked by another process (the platform answered 409)`,
  },
  '429 with Retry-After, then success': {
    delivery: 'accepted',
    attempts: 2,
    reason: 'ERR_DTMF_RATE_LIMITED',
  },
  '429 without Retry-After, then success': {
    delivery: 'accepted',
    attempts: 2,
    reason: 'ERR_DTMF_RATE_LIMITED',
  },
  '429 to the end': {
    delivery: 'refused',
    attempts: 3,
    reason: 'ERR_DTMF_RATE_LIMITED',
    code: 'ERR_DTMF_RATE_LIMITED',
    message: "the platform's rate limit is reached (429): send less, or later",
  },
  '500 twice, then success': { delivery: 'accepted', attempts: 3, reason: 'ERR_DTMF_SERVER' },
  '401 to the request for a token': {
    delivery: 'not-sent',
    attempts: 0,
    code: 'ERR_DTMF_AUTH',
    tokenStatus: 401,
  },
  'a digit that is none': {
    delivery: 'not-sent',
    attempts: 0,
    valid: false,
    code: 'ERR_DTMF_INVALID',
    message: invalidDigit(),
  },
};

const bench = newBench();

function run(platform, { code = CODE, program = PROGRAM } = {}) {
  return runProgram(program, {
    env: {
      CXONE_URL: platform.url,
      CXONE_CLIENT_ID: platform.clientId,
      CXONE_CLIENT_SECRET: platform.clientSecret,
      CXONE_PROVIDER_ID: 'provider-8',
      CXONE_LINE_ID: 'line-3',
      CALL_ID: CALL,
      CODE: code,
    },
  });
}

/** Runs of the program, by name, each made once. */
async function made(name) {
  const { token, answers, code } = RUNS[name];
  const platform = await bench.platform();
  if (token) platform.answerToken(token);
  platform.answer(...answers);
  return { platform, ended: await run(platform, { code }) };
}

const isTime = (text) => new Date(text).toISOString() === text;

/** What changes from run to run, named. A time that is none stays as it is, and differs. */
function named(value, key) {
  if (key === 'timestamp' && isTime(value)) return TIME;
  if (key === 'injectionId' && /^[0-9a-f-]{36}$/.test(value)) return 'ID';
  if (/Ms$/.test(key) && Number.isFinite(value) && value >= 0) return MS;
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((item) => named(item, ''));
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, named(inner, name)]));
}

/** A printed line as `printed.js` writes it, and the seconds of a wait that it tells. */
function read(line) {
  const [, kind, json] = /^(?:(event|result) )?(\{.*\}|null)$/.exec(line) ?? [];
  if (json === undefined) return { line: ['other', line] };
  const value = named(JSON.parse(json), '');
  const seconds = /Retrying in ([\d.]+)s/.exec(value?.message)?.[1];
  if (seconds !== undefined) value.message = value.message.replace(seconds, '#');
  return { line: [kind ?? 'log', value], seconds: seconds && Number(seconds) };
}

const lines = (text) => text.split('\n').filter((line) => line !== '');

describe('what the program prints', () => {
  test.each(Object.keys(RUNS))('%s', async (name) => {
    const { ended } = await made(name);
    const errors = lines(ended.stderr).map((line) => ['failed', line.replace(/^failed /, '')]);
    const printed = lines(ended.stdout).map(read);

    const expected = depart(RUNS[name].printed, { callId: CALL, ...KNOWN[name] });
    const waits = expected.map(([, value]) => value?.seconds).filter(Boolean);
    // A field that is `undefined` counts as absent for toEqual.
    const without = expected.map(([kind, value]) => [
      kind,
      value?.seconds ? { ...value, seconds: undefined } : value,
    ]);

    expect([...printed.map(({ line }) => line), ...errors]).toEqual(without);
    const waited = printed.map(({ seconds }) => seconds).filter((seconds) => seconds !== undefined);
    expect(waited).toHaveLength(waits.length);
    waits.forEach(([least, most], n) => {
      expect(waited[n]).toBeGreaterThanOrEqual(least);
      expect(waited[n]).toBeLessThanOrEqual(most);
    });
    expect(ended).toMatchObject({ code: 0, signal: null });
  });
});

describe('what the program sends', () => {
  test('one form for a token, and one press, as the tutorial has them', async () => {
    const { platform } = await made('success');
    const [form] = platform.tokenRequests();
    expect(form).toMatchObject({ method: 'POST', path: '/oauth/token' });
    expect(form.headers['content-type']).toMatch(/^application\/x-www-form-urlencoded\b/);
    expect(Object.fromEntries(new URLSearchParams(form.body))).toEqual({
      grant_type: 'client_credentials',
      client_id: platform.clientId,
      client_secret: platform.clientSecret,
      scope: 'telephony:call:control telephony:line:readwrite',
    });
    const [press] = platform.injections();
    expect(press).toMatchObject({
      method: 'POST',
      path: `/api/v2/telephony/providers/provider-8/lines/line-3/calls/${CALL}/dtmf`,
    });
    expect(press.headers).toMatchObject({
      accept: 'application/json',
      authorization: 'Bearer token-canary-1',
    });
    expect(press.headers['content-type']).toMatch(/^application\/json\b/);
    expect(JSON.parse(press.body)).toEqual({ dtmf: CODE, dtmfType: 'SIPINFO', interDigitPause: 220 });
    expect(platform.requests).toHaveLength(2);
  });

  test.each(['/oauth', '/oauth/', '/oauth/token', '/'])(
    'an authUrl that ends in %s is completed, not doubled',
    async (ending) => {
      const platform = await bench.platform();
      const program = PROGRAM.replace('authUrl: CXONE_URL', `authUrl: CXONE_URL + '${ending}'`).replace(
        'apiUrl: CXONE_URL',
        "apiUrl: CXONE_URL + '/'",
      );
      const ended = await run(platform, { program });
      expect(ended).toMatchObject({ code: 0, stderr: '' });
      expect(platform.requests.map((request) => request.path)).toEqual([
        '/oauth/token',
        `/api/v2/telephony/providers/provider-8/lines/line-3/calls/${CALL}/dtmf`,
      ]);
    },
  );
});

test('no digit, token or secret is printed', async () => {
  const { platform, ended } = await made('429 with Retry-After, then success');
  for (const canary of [`"${CODE}"`, 'token-canary', platform.clientSecret]) {
    expect(ended.stdout + ended.stderr).not.toContain(canary);
  }
});
