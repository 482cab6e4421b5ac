'use strict';

// What holds of each row of docs/migration.md that says *same*, by the first column of the row.

const fs = require('node:fs');
const path = require('node:path');

const dtmf = require('../..');
const { tables } = require('../../lib/tables.js');
const { newBench, failure, thrown, until } = require('../support/bench');

const { CXoneAuthClient, DTMFInjector, injectWithRetry, validateDtmfPayload } = dtmf;

const PARAMS = {
  telephonyProviderId: 'provider-6',
  lineId: 'line-7',
  callId: 'call-same',
  dtmfString: '58*',
  dtmfType: 'INBAND',
  interDigitPause: 90,
};

const bench = newBench();

/** A platform, a client and an injector on it as the tutorial makes them, and what they tell, in order. */
async function made(config = {}) {
  const platform = await bench.platform();
  const told = [];
  const tell = (level) => (message, fields) => told.push({ level, message, fields });
  const logger = { info: tell('info'), warn: tell('warn'), error: tell('error') };
  const auth = new CXoneAuthClient(platform.credentials);
  const injector = bench.injectorWith(auth, platform, { logger, ...config });
  injector.registerCTIMonitor((event) => told.push({ event }));
  return { platform, auth, injector, told };
}

/** One injection, and what it told. */
async function pressed(...answers) {
  const all = await made();
  all.platform.answer(...answers);
  const outcome = await all.injector.injectDTMF(PARAMS).catch((error) => error);
  all.told.push({ outcome });
  const events = all.told.filter(({ event }) => event).map(({ event }) => event);
  return { ...all, outcome, events, entry: outcome.audit, press: all.platform.injections()[0] };
}

const messageOf = (...payload) => thrown(() => validateDtmfPayload(...payload)).message;
const levelAndMessage = ({ level, message }) => [level, message];

const PROGRAM = {
  '`DTMF_FREQUENCIES`, `SUPPORTED_DTMF_TYPES`, `MAX_SEQUENCE_LENGTH`, `MIN_INTER_DIGIT_PAUSE`, `MAX_INTER_DIGIT_PAUSE`':
    () => {
      const rows = [697, 770, 852, 941];
      const columns = [1209, 1336, 1477, 1633];
      const keypad = ['123A', '456B', '789C', '*0#D'].flatMap((keys, row) =>
        [...keys].map((key, column) => [key, [rows[row], columns[column]]]),
      );
      expect(dtmf.DTMF_FREQUENCIES).toEqual(Object.fromEntries(keypad));
      expect(dtmf.SUPPORTED_DTMF_TYPES).toEqual(['RFC2833', 'SIPINFO', 'INBAND']);
      const bounds = [dtmf.MAX_SEQUENCE_LENGTH, dtmf.MIN_INTER_DIGIT_PAUSE, dtmf.MAX_INTER_DIGIT_PAUSE];
      expect(bounds).toEqual([16, 50, 1000]);
    },
  'Node.js 18': () => expect(require('../../package.json').engines.node).toMatch(/^>=18\./),
  '`CXONE_CLIENT_ID`, `CXONE_CLIENT_SECRET`, `CXONE_PROVIDER_ID`, `CXONE_LINE_ID`': () => {
    const { help } = require('../../lib/cli/inject.js');
    for (const name of ['CLIENT_ID', 'CLIENT_SECRET', 'PROVIDER_ID', 'LINE_ID'])
      expect(help).toContain(`CXONE_${name}`);
  },
  // Each run of tutorial.test.js ends without being told to.
  'The program ends by itself': () =>
    expect(fs.readFileSync(path.join(__dirname, 'program.js'), 'utf8')).not.toMatch(/close\(|process\.exit/),
};

const AUTH = {
  '`new CXoneAuthClient({ authUrl, clientId, clientSecret })`': async () => {
    const { auth } = await made();
    expect(auth).toBeInstanceOf(CXoneAuthClient);
  },
  'The address `{authUrl}/oauth/token`': async () => {
    const { platform, auth } = await made();
    await auth.getAccessToken();
    expect(platform.tokenRequests()[0]).toMatchObject({ method: 'POST', path: '/oauth/token' });
  },
  '`this.token`': async () => {
    const { platform, auth } = await made();
    expect(auth.token).toBeNull();
    expect(auth.token).not.toBe(await auth.getAccessToken());
    expect(auth.token).toBe('token-canary-1');
    auth.token = null;
    await auth.getAccessToken();
    expect(platform.tokenRequests()).toHaveLength(2);
  },
  '`this.tokenExpiry`': async () => {
    const { platform, auth } = await made();
    expect(auth.tokenExpiry).toBe(0);
    const before = Date.now();
    await auth.getAccessToken();
    expect(auth.tokenExpiry).toBeGreaterThan(before + 3_500_000);
    expect(auth.tokenExpiry).toBeLessThanOrEqual(Date.now() + 3_570_000);
    auth.tokenExpiry = 0;
    await auth.getAccessToken();
    expect(platform.tokenRequests()).toHaveLength(2);
  },
  '`getAccessToken()`': async () => {
    const { auth } = await made();
    const promise = auth.getAccessToken();
    expect(promise).toBeInstanceOf(Promise);
    expect(await promise).toBe('token-canary-1');
  },
  'A token is kept until 30 s before its end': async () => {
    const { platform, auth } = await made();
    platform.answerToken({ grant: { expires_in: 120 } });
    const before = Date.now();
    await auth.getAccessToken();
    await auth.getAccessToken();
    expect(platform.tokenRequests()).toHaveLength(1);
    expect(auth.tokenExpiry).toBeGreaterThanOrEqual(before + 89_000);
    expect(auth.tokenExpiry).toBeLessThanOrEqual(Date.now() + 90_000);
  },
  'The form: `grant_type`, `client_id`, `client_secret`, `scope`': async () => {
    const { platform, auth } = await made();
    await auth.getAccessToken();
    expect(Object.fromEntries(new URLSearchParams(platform.tokenRequests()[0].body))).toEqual({
      grant_type: 'client_credentials',
      client_id: platform.clientId,
      client_secret: platform.clientSecret,
      scope: 'telephony:call:control telephony:line:readwrite',
    });
  },
  '`Content-Type: application/x-www-form-urlencoded`': async () => {
    const { platform, auth } = await made();
    await auth.getAccessToken();
    const type = platform.tokenRequests()[0].headers['content-type'];
    expect(type).toMatch(/^application\/x-www-form-urlencoded\b/);
  },
  'The token request has 5 seconds': () => expect(defaultOf('auth', 'timeoutMs')).toBe(5000),
  '`OAuth authentication failed: invalid client credentials` after a 401': async () => {
    const { platform, auth } = await made();
    platform.answerToken({ status: 401 });
    const error = await failure(auth.getAccessToken());
    expect(error).toBeInstanceOf(Error);
    expect(error.message).toBe('OAuth authentication failed: invalid client credentials');
  },
  'An auth client of your own': async () => {
    const { platform } = await made();
    const own = { getAccessToken: async () => 'token-of-my-own' };
    const injector = bench.injectorWith(own, platform);
    await injector.injectDTMF(PARAMS);
    expect(platform.injections()[0].headers.authorization).toBe('Bearer token-of-my-own');
  },
};

const VALIDATION = {
  '`validateDtmfPayload(dtmfString, dtmfType, interDigitPause)`': () => {
    const answer = validateDtmfPayload('58*', 'INBAND', 50);
    expect(Object.keys(answer).sort()).toEqual(['carrierCompatible', 'frequencies', 'valid']);
    expect(answer).toMatchObject({ carrierCompatible: true, valid: true });
    expect(thrown(() => validateDtmfPayload('58*', 'INBAND', 49))).toBeInstanceOf(Error);
  },
  '`frequencies`': () => {
    const pairs = [
      [770, 1336],
      [852, 1336],
      [941, 1209],
    ];
    expect(validateDtmfPayload('58*', 'INBAND', 50).frequencies).toEqual(pairs);
  },
  'Lower case `a` to `d`': () =>
    expect(validateDtmfPayload('abcd', 'INBAND', 50)).toEqual(validateDtmfPayload('ABCD', 'INBAND', 50)),
  '`DTMF sequence must be a non-empty string`': () => {
    for (const empty of ['', undefined, null, 58])
      expect(messageOf(empty, 'INBAND', 50)).toMatch(/^DTMF sequence must be a non-empty string/);
  },
  '`DTMF sequence exceeds maximum length of 16 characters`': () =>
    expect(messageOf('5'.repeat(17), 'INBAND', 50)).toMatch(
      /^DTMF sequence exceeds maximum length of 16 characters/,
    ),
  '`Inter-digit pause must be between 50 and 1000 milliseconds`': () => {
    for (const pause of [49, 1001])
      expect(messageOf('5', 'INBAND', pause)).toMatch(
        /^Inter-digit pause must be between 50 and 1000 milliseconds/,
      );
  },
};

const INJECTOR = {
  '`new DTMFInjector(authClient, { apiUrl })`': async () => {
    const { injector } = await made();
    expect(injector).toBeInstanceOf(DTMFInjector);
    expect(DTMFInjector).toBe(dtmf.DtmfInjector);
  },
  '`this.authClient`': async () => {
    const { injector, auth } = await made();
    expect(injector.authClient).toBe(auth);
  },
  '`releaseChannelLock()`': async () => {
    const { injector, platform } = await made();
    await injector.acquireChannelLock('call-same');
    const waiting = injector.injectDTMF(PARAMS);
    await injector.releaseChannelLock();
    await waiting;
    expect(platform.injections()).toHaveLength(1);
  },
  '`releaseChannelLock()` with nothing held': async () => {
    const { injector } = await made();
    await expect(injector.releaseChannelLock()).resolves.toBeUndefined();
  },
  '`releaseChannelLock()` that is not awaited': async () => {
    const { injector, platform } = await made();
    await injector.acquireChannelLock('call-same');
    void injector.releaseChannelLock();
    await injector.injectDTMF(PARAMS);
    expect(platform.injections()).toHaveLength(1);
  },
};

const REQUEST = {
  '`POST {apiUrl}/api/v2/telephony/providers/{telephonyProviderId}/lines/{lineId}/calls/{callId}/dtmf`':
    async () => {
      const { press } = await pressed({});
      expect(press.method).toBe('POST');
      expect(press.path).toBe('/api/v2/telephony/providers/provider-6/lines/line-7/calls/call-same/dtmf');
    },
  'The body `{ dtmf, dtmfType, interDigitPause }`': async () => {
    const { press } = await pressed({});
    expect(JSON.parse(press.body)).toEqual({ dtmf: '58*', dtmfType: 'INBAND', interDigitPause: 90 });
  },
  '`Authorization: Bearer …`, `Content-Type: application/json`, `Accept: application/json`': async () => {
    const { headers } = (await pressed({})).press;
    expect(headers).toMatchObject({ authorization: 'Bearer token-canary-1', accept: 'application/json' });
    expect(headers['content-type']).toMatch(/^application\/json\b/);
  },
  '`timeout: 10000`': () => expect(defaultOf('injector', 'timeoutMs')).toBe(10_000),
  '`maxRedirects: 0`': async () => {
    const { outcome, platform } = await pressed({ status: 307, headers: { location: '/elsewhere' } });
    expect(outcome.response).toMatchObject({ status: 307, headers: { location: '/elsewhere' } });
    expect(platform.requests.map(({ kind }) => kind)).toEqual(['token', 'injection']);
  },
  'Other keys of `params`': async () => {
    const { injector } = await made();
    await expect(injector.injectDTMF({ ...PARAMS, note: 'for me' })).resolves.toMatchObject({
      success: true,
    });
  },
};

const RESULT = {
  '`{ success: true, data, audit }`': async () => {
    const { outcome } = await pressed({ status: 200, body: { id: 'p-1', heard: '58*' } });
    expect(outcome).toEqual({ success: true, data: { id: 'p-1', heard: '58*' }, audit: expect.anything() });
  },
  '`timestamp`, `callId`, `dtmfType`, `interDigitPause`': async () => {
    const { entry } = await pressed({});
    expect(entry).toMatchObject({ callId: 'call-same', dtmfType: 'INBAND', interDigitPause: 90 });
    expect(new Date(entry.timestamp).toISOString()).toBe(entry.timestamp);
  },
  '`validation.valid`, `validation.carrierCompatible`': async () =>
    expect((await pressed({})).entry.validation).toEqual({ valid: true, carrierCompatible: true }),
  "`status: 'success'` after a 200": async () =>
    expect((await pressed({ status: 200, body: {} })).entry.status).toBe('success'),
  '`recognitionRate: 1`': async () => expect((await pressed({})).entry.recognitionRate).toBe(1),
  "`errorCode`, the status or `'unknown'`": async () => {
    expect((await pressed({ status: 418 })).entry.errorCode).toBe(418);
    const { injector } = await made();
    const error = await failure(injector.injectDTMF({ ...PARAMS, interDigitPause: 1 }));
    expect(error.audit.errorCode).toBe('unknown');
  },
  '`errorMessage`': async () => {
    const { entry, outcome } = await pressed({ status: 400 });
    expect(entry.errorMessage).toBe(outcome.message);
  },
};

const ERRORS = {
  '`error.response.status`, `.headers`, `.data`': async () => {
    const { outcome } = await pressed({ status: 400, headers: { 'X-Why': 'so' }, body: { message: 'no' } });
    expect(outcome.response).toMatchObject({ status: 400, data: { message: 'no' } });
    expect(outcome.response.headers['x-why']).toBe('so');
  },
  'Invalid input': async () => {
    const { injector, platform, told } = await made();
    const error = await failure(injector.injectDTMF({ ...PARAMS, dtmfType: 'MORSE' }));
    expect(error).toBeInstanceOf(Error);
    expect(error.message).toBe(messageOf(PARAMS.dtmfString, 'MORSE', 90));
    expect(platform.requests).toHaveLength(0);
    expect(told.at(-1).event).toMatchObject({ event: 'dtmf.failed', callId: 'call-same' });
  },
};

const EVENTS = {
  "`{ event: 'dtmf.injected', callId, auditEntry, payload }`": async () => {
    const { events, entry } = await pressed({ status: 200, body: { id: 'p-2', heard: '58*' } });
    const payload = { id: 'p-2', heard: '*****' };
    expect(events).toEqual([{ event: 'dtmf.injected', callId: 'call-same', auditEntry: entry, payload }]);
  },
  "`{ event: 'dtmf.failed', callId, auditEntry }`": async () => {
    const { events, entry } = await pressed({ status: 400 });
    expect(events).toEqual([{ event: 'dtmf.failed', callId: 'call-same', auditEntry: entry }]);
  },
  'First the log line, then the event, then the promise': async () => {
    const order = ({ message, event }) => message ?? event?.event ?? 'promise';
    const beginning = 'OAuth token refreshed successfully';
    const success = (await pressed({})).told.map(order);
    expect(success).toEqual([beginning, 'DTMF injection completed', 'dtmf.injected', 'promise']);
    const failing = (await pressed({ status: 400 })).told.map(order);
    expect(failing).toEqual([beginning, 'DTMF injection failed', 'dtmf.failed', 'promise']);
  },
  'Monitors are called in the order in which they were registered': async () => {
    const { injector } = await made();
    const called = [];
    for (const name of ['first', 'second', 'third']) injector.registerCTIMonitor(() => called.push(name));
    await injector.injectDTMF(PARAMS);
    expect(called).toEqual(['first', 'second', 'third']);
  },
  'A callback that is registered twice': async () => {
    const { injector } = await made();
    let calls = 0;
    const callback = () => (calls += 1);
    injector.registerCTIMonitor(callback);
    injector.registerCTIMonitor(callback);
    await injector.injectDTMF(PARAMS);
    expect(calls).toBe(2);
  },
};

const LOG = {
  'JSON with `level`, `message` and `timestamp`, one a line on standard output': async () => {
    const { platform } = await made();
    const auth = new CXoneAuthClient(platform.credentials);
    const injector = bench.injectorWith(auth, platform, { logger: undefined });
    const lines = [];
    const write = jest.spyOn(process.stdout, 'write').mockImplementation((line) => lines.push(line));
    await injector.injectDTMF(PARAMS).finally(() => write.mockRestore());
    expect(lines).toHaveLength(2);
    for (const line of lines) {
      expect(line).toMatch(/^\{.*\}\n$/);
      const { level, timestamp } = JSON.parse(line);
      expect([level, new Date(timestamp).toISOString()]).toEqual(['info', timestamp]);
    }
  },
  'info `OAuth token refreshed successfully`': async () =>
    expect(levelAndMessage((await pressed({})).told[0])).toEqual([
      'info',
      'OAuth token refreshed successfully',
    ]),
  'info `DTMF injection completed`, with the entry': async () => {
    const { told, entry } = await pressed({});
    expect(told[1]).toEqual({ level: 'info', message: 'DTMF injection completed', fields: entry });
  },
  'error `DTMF injection failed`, with the entry': async () => {
    const { told, entry } = await pressed({ status: 400 });
    expect(told[1]).toEqual({ level: 'error', message: 'DTMF injection failed', fields: entry });
  },
  'warn `Rate limit hit. Retrying in …s (attempt 1/3)`': async () => {
    const { told } = await retried({ status: 429, headers: { 'retry-after': '1' } }, {});
    const [line] = told.filter(({ level }) => level === 'warn');
    expect(line.message).toMatch(/^Rate limit hit\. Retrying in 1(\.\d+)?s \(attempt 1\/3\)$/);
  },
};

/** `injectWithRetry`, and how often it pressed. */
async function retried(...answers) {
  const all = await made({ retry: { baseMs: 1, capMs: 2 } });
  all.platform.answer(...answers);
  const outcome = await injectWithRetry(all.injector, PARAMS).catch((error) => error);
  return { ...all, outcome, presses: all.platform.injections().length };
}

const RETRY = {
  '`injectWithRetry(injector, params, maxRetries = 3)`': async () => {
    expect((await retried({ status: 500 }, { status: 500 }, { status: 500 }, {})).presses).toBe(3);
    const { injector, platform } = await made();
    platform.answer({ status: 500 });
    await failure(injectWithRetry(injector, PARAMS, 1));
    expect(platform.injections()).toHaveLength(1);
  },
  'Any object with `injectDTMF` as injector': async () => {
    const result = { success: true };
    const error = Object.assign(new Error('busy'), { response: { status: 500, headers: {} } });
    const injectDTMF = jest.fn().mockRejectedValueOnce(error).mockResolvedValueOnce(result);
    expect(await injectWithRetry({ injectDTMF }, PARAMS)).toBe(result);
    expect(injectDTMF).toHaveBeenCalledTimes(2);
  },
  '`Channel conflict: call … is currently locked by another process` after a 409': async () => {
    const { outcome } = await retried({ status: 409 });
    expect(outcome.message).toMatch(
      /^Channel conflict: call call-same is currently locked by another process/,
    );
    expect(outcome.response.status).toBe(409);
  },
  '500 and 503 are tried again': async () =>
    expect((await retried({ status: 500 }, { status: 503 }, {})).outcome.success).toBe(true),
  'Lost connections and time-outs are not tried again': async () => {
    expect((await retried({ drop: 'after' })).presses).toBe(1);
    const { injector, platform } = await made({ timeoutMs: 50 });
    platform.answer({ hold: true });
    const error = failure(injectWithRetry(injector, PARAMS));
    await until(() => platform.injections().length === 1, 'the press');
    expect((await error).delivery).toBe('unknown');
    expect(platform.injections()).toHaveLength(1);
  },
  '400, 403, 404 and 409 are not tried again': async () => {
    for (const status of [400, 403, 404, 409]) expect((await retried({ status })).presses).toBe(1);
  },
};

/** The default of an option in the engine's table. */
function defaultOf(section, name) {
  return tables().options.find((option) => option.section === section && option.path === name).default;
}

const SAME = {
  ...PROGRAM,
  ...AUTH,
  ...VALIDATION,
  ...INJECTOR,
  ...REQUEST,
  ...RESULT,
  ...ERRORS,
  ...EVENTS,
  ...LOG,
  ...RETRY,
};

module.exports = { SAME };
