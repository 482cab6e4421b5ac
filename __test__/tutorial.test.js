'use strict';

// A program in the way of the tutorial, with nothing changed but its `require` line.

const { newBench } = require('./support/bench');
const { runProgram, jsonLines } = require('./support/program');

const PROGRAM = `
const { CXoneAuthClient, DTMFInjector, injectWithRetry } = require('cxone-dtmf');

async function main() {
  const authClient = new CXoneAuthClient({
    authUrl: process.env.AUTH_URL,
    clientId: process.env.CLIENT_ID,
    clientSecret: process.env.CLIENT_SECRET,
  });
  const injector = new DTMFInjector(authClient, { apiUrl: process.env.API_URL });
  injector.registerCTIMonitor((event) => {
    console.log(JSON.stringify({ monitor: event.event, event }));
  });
  const result = await injectWithRetry(injector, {
    telephonyProviderId: 'tp-001',
    lineId: 'line-002',
    callId: 'call-003',
    dtmfString: '1234#',
    dtmfType: 'RFC2833',
    interDigitPause: 150,
  }, 3);
  console.log(JSON.stringify({ program: 'resolved', result }));
}

main().catch((error) => {
  console.error(error.message);
  process.exitCode = 1;
});
`;

const bench = newBench();

async function run(platform, env = {}) {
  return runProgram(PROGRAM, {
    env: {
      AUTH_URL: platform.url,
      API_URL: platform.url,
      CLIENT_ID: platform.clientId,
      CLIENT_SECRET: platform.clientSecret,
      ...env,
    },
  });
}

describe('the program of the tutorial', () => {
  let platform;
  let ended;
  let lines;

  // One run, looked at from all sides.
  beforeAll(async () => {
    platform = await require('./support/platform').startPlatform();
    platform.usualInjection = { body: { id: 'dtmf-77', state: 'queued' } };
    ended = await run(platform);
    lines = jsonLines(ended.stdout);
  });
  afterAll(() => platform.stop());

  test('ends by itself with code 0 and a quiet standard error', () => {
    expect(ended).toMatchObject({ code: 0, signal: null, stderr: '' });
  });

  test('asks once for a token, by a form', () => {
    expect(platform.tokenRequests()).toHaveLength(1);
    const [request] = platform.tokenRequests();
    expect(request).toMatchObject({ method: 'POST', path: '/oauth/token' });
    expect(request.headers['content-type']).toMatch(/^application\/x-www-form-urlencoded\b/);
    expect(Object.fromEntries(new URLSearchParams(request.body))).toEqual({
      grant_type: 'client_credentials',
      client_id: platform.clientId,
      client_secret: platform.clientSecret,
      scope: 'telephony:call:control telephony:line:readwrite',
    });
  });

  test('presses once, with the path, the body and the token of the API', () => {
    expect(platform.injections()).toHaveLength(1);
    const [request] = platform.injections();
    expect(request.method).toBe('POST');
    expect(request.path).toBe('/api/v2/telephony/providers/tp-001/lines/line-002/calls/call-003/dtmf');
    expect(request.headers['content-type']).toMatch(/^application\/json\b/);
    expect(request.headers.authorization).toBe('Bearer token-canary-1');
    expect(JSON.parse(request.body)).toEqual({ dtmf: '1234#', dtmfType: 'RFC2833', interDigitPause: 150 });
    expect(platform.requests).toHaveLength(2);
  });

  test('tells its monitor before its promise', () => {
    const injected = lines.findIndex((line) => line.monitor === 'dtmf.injected');
    const resolved = lines.findIndex((line) => line.program === 'resolved');
    expect(injected).toBeGreaterThanOrEqual(0);
    expect(resolved).toBeGreaterThan(injected);
    expect(lines.filter((line) => line.monitor)).toHaveLength(1);
    expect(lines[injected].event).toMatchObject({
      callId: 'call-003',
      auditEntry: { status: 'success', delivery: 'accepted', callId: 'call-003' },
      payload: { dtmf: '*****', dtmfType: 'RFC2833', interDigitPause: 150 },
    });
  });

  test('gets the answer and the audit entry', () => {
    const { result } = lines.find((line) => line.program === 'resolved');
    expect(result.success).toBe(true);
    expect(result.data).toEqual({ id: 'dtmf-77', state: 'queued' });
    expect(result.audit).toMatchObject({
      callId: 'call-003',
      dtmfString: '*****',
      dtmfType: 'RFC2833',
      interDigitPause: 150,
      validation: { valid: true, carrierCompatible: true },
      status: 'success',
      attempts: 1,
      recognitionRate: 1,
      recognitionSource: 'acceptance',
      delivery: 'accepted',
    });
    expect(result.audit.validation).not.toHaveProperty('frequencies');
    expect(result.audit).not.toHaveProperty('errorCode');
    expect(result.audit.injectionId).toMatch(
      /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
    );
    expect(new Date(result.audit.timestamp).toISOString()).toBe(result.audit.timestamp);
    expect(result.audit.latencyMs).toBeGreaterThanOrEqual(0);
    expect(result.audit.queuedMs).toBeGreaterThanOrEqual(0);
  });

  test('logs JSON lines on standard output', () => {
    const logged = lines.filter((line) => line.level !== undefined);
    expect(logged.map((line) => line.message)).toEqual([
      'OAuth token refreshed successfully',
      'DTMF injection completed',
    ]);
    for (const line of logged) {
      expect(line.level).toBe('info');
      expect(new Date(line.timestamp).toISOString()).toBe(line.timestamp);
    }
  });

  test('shows no digit, token or secret', () => {
    for (const canary of ['1234#', 'token-canary', platform.clientSecret]) {
      expect(ended.stdout).not.toContain(canary);
    }
  });
});

describe('base URLs', () => {
  test.each(['/oauth', '/oauth/', '/oauth/token', '/'])(
    'an authUrl that ends in %s is completed',
    async (ending) => {
      const platform = await bench.platform();
      const ended = await run(platform, { AUTH_URL: platform.url + ending, API_URL: `${platform.url}/` });
      expect(ended.code).toBe(0);
      expect(platform.requests.map((request) => request.path)).toEqual([
        '/oauth/token',
        '/api/v2/telephony/providers/tp-001/lines/line-002/calls/call-003/dtmf',
      ]);
    },
  );
});

test('a wrong secret ends the program with the message of the tutorial', async () => {
  const platform = await bench.platform();
  const ended = await run(platform, { CLIENT_SECRET: 'wrong-secret-canary' });
  expect(ended.code).toBe(1);
  expect(ended.stderr.trim()).toBe('OAuth authentication failed: invalid client credentials');
  expect(ended.stdout).not.toContain('wrong-secret-canary');
  expect(platform.injections()).toHaveLength(0);
});
