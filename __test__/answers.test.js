'use strict';

// Answers as servers, proxies and gateways give them, and what a program sees of them: beside `JSON.parse` and `zlib`.

const http = require('node:http');
const zlib = require('node:zlib');
const { CXoneAuthClient } = require('..');
const { newBench, params, failure, printed } = require('./support/bench');

const bench = newBench();
const MARK = '\ufeff';
let platform;

beforeEach(async () => {
  platform = await bench.platform();
});

const source = (token) => ({ getAccessToken: async () => token });
const withToken = (token, config) => bench.injectorWith(source(token), platform, config);
const client = (config) => new CXoneAuthClient({ ...platform.credentials, logger: false, ...config });

describe('a body is read as JSON.parse reads it', () => {
  const DOCUMENTS = [
    ['half a surrogate pair', String.raw`{"a":"x\ud83d","b":7}`],
    ['both halves, the wrong way round', String.raw`["\ude00\ud83d",1]`],
    ['a key with half a pair', String.raw`{"\udead":1,"b":2}`],
    ['a character of two units', String.raw`["\ud83d\ude00"]`],
    ['integers beyond 2^53', '{"id":9007199254740993,"more":123456789012345678901234567890}'],
    ['fractions', '[0.1,1.7976931348623157e308,5e-324,2.2250738585072014e-308,0.30000000000000004]'],
    ['negative zero', '[-0,-0.0]'],
    ['a key twice', '{"a":1,"b":2,"a":3}'],
    ['keys that are numbers', '{"b":1,"2":2,"1":3}'],
    ['__proto__', '{"__proto__":{"polluted":1},"constructor":2}'],
    ['512 levels', '['.repeat(512) + ']'.repeat(512)],
    ['white space', '\t\r\n {"a" : [ 1 , 2 ] }\n'],
    ['line separators', '{"a":"\u2028\u2029"}'],
    ['no JSON: one quote', "{'a':1}"],
    ['no JSON: a comma too many', '[1,]'],
    ['no JSON: NaN', '[NaN]'],
    ['no JSON: two values', '{} {}'],
    ['no JSON: a number that JSON has not', '[01e999]'],
    ['text', 'accepted'],
  ];
  const parsed = (text) => {
    try {
      return JSON.parse(text);
    } catch {
      return text;
    }
  };
  // The engine has whole characters alone.
  const whole = (text) =>
    parsed(text.replaceAll(/\\ud83d(?!\\ude00)|(?<!\\ud83d)\\ude..|\\udead/g, '\ufffd'));

  test.each(DOCUMENTS)('%s', async (_, text) => {
    for (const body of [text, MARK + text]) {
      platform.answer({ body }, { status: 400, body });
      const injector = withToken('odd-canary');
      const events = [];
      injector.registerCTIMonitor((event) => void events.push(event));
      const { data } = await injector.injectDTMF(params());
      expect(data).toEqual(parsed(text));
      expect(events[0].payload).toEqual(parsed(text));
      const { response } = await failure(injector.injectDTMF(params()));
      expect(response.data).toEqual(whole(text));
    }
  });

  test('a number beyond all numbers', async () => {
    const body = '{"a":1e999,"b":[-1e999,"kept"]}';
    platform.answer({ body }, { status: 400, body });
    const injector = withToken('odd-canary');
    expect((await injector.injectDTMF(params())).data).toEqual(JSON.parse(body));
    const { response } = await failure(injector.injectDTMF(params()));
    expect(response.data).toEqual({ a: Number.MAX_VALUE, b: [-Number.MAX_VALUE, 'kept'] });
  });

  test('levels without end are text in an error, and nothing breaks', async () => {
    const body = '['.repeat(20_000) + ']'.repeat(20_000);
    platform.answer({ body }, { status: 400, body });
    const injector = withToken('odd-canary');
    const events = [];
    injector.registerCTIMonitor((event) => void events.push(event));
    expect((await injector.injectDTMF(params())).audit.delivery).toBe('accepted');
    expect((await failure(injector.injectDTMF(params()))).response.data).toBe(body);
    expect(events).toHaveLength(2);
  });
});

describe('an answer that is coded although none was asked for', () => {
  const CODINGS = [
    ['gzip', zlib.gzipSync],
    ['x-gzip', zlib.gzipSync],
    ['deflate', zlib.deflateSync],
    ['deflate', zlib.deflateRawSync],
    ['br', zlib.brotliCompressSync],
    ['br, GZIP', (plain) => zlib.gzipSync(zlib.brotliCompressSync(plain))],
  ];
  const coded = (coding, body, rest) => ({ headers: { 'content-encoding': coding }, body, ...rest });

  test.each(CODINGS)('%s is undone', async (coding, code) => {
    const body = code(JSON.stringify({ id: 7, text: 'x'.repeat(500) }));
    platform.answerToken(
      coded(coding, code(JSON.stringify({ access_token: 'coded-canary', expires_in: 60 }))),
    );
    platform.answer(coded(coding, body), coded(coding, body, { status: 409 }));
    const injector = bench.injectorWith(client(), platform);
    expect((await injector.injectDTMF(params())).data).toMatchObject({ id: 7 });
    const error = await failure(injector.injectDTMF(params()));
    expect(error.response.data).toMatchObject({ id: 7 });
    expect(error.audit).not.toHaveProperty('bodyError');
    expect(platform.injections()[0].headers.authorization).toBe('Bearer coded-canary');
  });

  test.each([
    ['zstd', Buffer.from('x'), 'zstd'],
    ['gzip', Buffer.from('{"id":7}'), 'gzip'],
    ['gzip', zlib.gzipSync('{"id":7}').subarray(0, 12), 'gzip'],
    ['coded-canary', Buffer.from('{"id":7}'), 'unknown'],
  ])('%s that cannot be undone has its name', async (coding, body, name) => {
    platform.answerToken(coded(coding, body));
    platform.answer(coded(coding, body), coded(coding, body, { status: 400 }));
    const injector = withToken('t-canary');
    expect(await injector.injectDTMF(params())).toMatchObject({
      data: null,
      audit: { bodyError: `coded: ${name}` },
    });
    const error = await failure(injector.injectDTMF(params()));
    expect(error).toMatchObject({
      response: { status: 400, data: null },
      audit: { bodyError: `coded: ${name}` },
    });
    const { message, retryable } = await failure(client().getAccessToken());
    expect(message).toContain(`content coding ${name}`);
    expect(message).not.toContain('check authUrl');
    expect(retryable).toBe(false);
  });

  test('one that unfolds without end is too large', async () => {
    const body = zlib.gzipSync(Buffer.alloc(8 << 20));
    platform.answer(coded('gzip', body));
    platform.answerToken(coded('gzip', body));
    const injector = withToken('t-canary');
    expect(await injector.injectDTMF(params())).toMatchObject({
      data: null,
      audit: { bodyError: 'too-large' },
    });
    const { message } = await failure(client().getAccessToken());
    expect(message).toMatch(/longer than 64 KB/);
    expect(message).not.toContain('check authUrl');
  });

  test('every request asks for none', async () => {
    await bench.injector(platform).injectDTMF(params());
    expect(platform.requests).toHaveLength(2);
    for (const { headers } of platform.requests) expect(headers['accept-encoding']).toBe('identity');
  });
});

test('the address of the API is read behind a coding and a mark, too', async () => {
  const seen = [];
  const server = http.createServer((request, response) => {
    const { port } = server.address();
    seen.push(request.url);
    const fields = request.url.includes('configuration')
      ? { api_endpoint: `http://127.0.0.1:${port}` }
      : { access_token: 'found-canary' };
    response.setHeader('content-encoding', 'br');
    request.resume().on('end', () => response.end(zlib.brotliCompressSync(MARK + JSON.stringify(fields))));
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    const auth = client({ authUrl: `http://127.0.0.1:${server.address().port}` });
    const injector = bench.injectorWith(auth, platform, { api: 'agent-session', apiUrl: 'discover' });
    const press = { sessionId: 's1', dtmfString: '12' };
    expect((await injector.injectDTMF(press)).audit.delivery).toBe('accepted');
    expect(seen).toHaveLength(3);
  } finally {
    server.closeAllConnections();
    server.close();
  }
});

describe('a token endpoint', () => {
  const answered = async (step) => {
    platform.answerToken(step);
    return failure(client().getAccessToken());
  };

  test('that refuses with status 200 is quoted', async () => {
    const error = await answered({
      status: 200,
      body: { error: 'unauthorized_client', error_description: 'canary' },
    });
    expect(error).toMatchObject({ code: 'ERR_DTMF_AUTH', retryable: false });
    expect(error.message).toBe(
      'OAuth authentication failed: unauthorized_client (the token endpoint answered 200)',
    );
    expect(printed(error)).not.toContain('canary');
    expect((await answered({ body: { error: 'invalid_client' } })).message).toMatch(
      /invalid client credentials/,
    );
    expect(await answered({ body: { error: 'temporarily_unavailable' } })).toMatchObject({ retryable: true });
  });

  test('whose answer begins with a mark is read', async () => {
    const error = await answered({ status: 400, body: `${MARK}{"error":"invalid_scope"}` });
    expect(error.message).toContain('invalid_scope');
    platform.answerToken({ body: `${MARK}{"access_token":"marked-canary"}` });
    expect(await client().getAccessToken()).toBe('marked-canary');
  });

  test('that grants something else than a bearer token is refused', async () => {
    const error = await answered({ body: { access_token: 'dpop-canary', token_type: 'DPoP' } });
    expect(error.message).toContain('RFC 6749 section 7.1');
    expect(printed(error)).not.toContain('canary');
    for (const body of [{ token_type: 'bEARER' }, {}]) {
      platform.answerToken({ body: { access_token: 'b-canary', ...body } });
      expect(await client().getAccessToken()).toBe('b-canary');
    }
  });

  test.each([200, 403])('in whose place a page answers %i is not blamed', async (status) => {
    const error = await answered({ status, headers: { 'content-type': 'text/html' }, body: '<html>canary' });
    expect(error.message).toMatch(/page of HTML/);
    expect(printed(error)).not.toMatch(/canary|check authUrl/);
  });
});

describe('a token that the platform refuses', () => {
  const CHALLENGE = { 'www-authenticate': 'Bearer realm="api", error="invalid_token"' };

  test.each([
    [401, {}],
    [403, CHALLENGE],
  ])('by %i is fetched anew, once', async (status, headers) => {
    const injector = bench.injector(platform);
    platform.answer({ status, headers });
    expect((await injector.injectDTMF(params())).audit.attempts).toBe(2);
    expect(platform.tokenRequests()).toHaveLength(2);
    platform.answer({ status, headers }, { status, headers });
    const error = await failure(injector.injectDTMF(params()));
    expect(error).toMatchObject({ code: 'ERR_DTMF_AUTH', delivery: 'refused', attempts: 2 });
    expect(error.message).toContain(`(${status})`);
  });

  test('is kept where a 403 is about something else', async () => {
    const injector = bench.injector(platform);
    const headers = { 'www-authenticate': 'Bearer error="insufficient_scope", Basic error="invalid_token"' };
    platform.answer({ status: 403, headers });
    expect(await failure(injector.injectDTMF(params()))).toMatchObject({
      code: 'ERR_DTMF_FORBIDDEN',
      attempts: 1,
    });
    expect(platform.tokenRequests()).toHaveLength(1);
  });
});

describe('what was told in confidence and comes back', () => {
  const TOKEN = 'back+canary/77==';
  const HEADER = 'key+"canary"/&<88>';
  const escaped = (text) =>
    [...text].map((c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`).join('');
  const WAYS = [
    ['with its slashes escaped', (t) => t.replace(/[/"]/g, String.raw`\$&`)],
    ['in escapes of JSON', escaped],
    ['in escapes of JSON within JSON', (t) => JSON.stringify(JSON.stringify({ t: escaped(t) }))],
    ['in decimal entities', (t) => [...t].map((c) => `&#${c.charCodeAt(0)};`).join('')],
    ['in hexadecimal entities', (t) => t.replace(/\W/g, (c) => `&#x${c.charCodeAt(0).toString(16)};`)],
    ['in named entities', (t) => t.replace(/[+/="&<>]/g, (c) => ENTITIES[c])],
    [
      'in percent-encoding of entities',
      (t) => encodeURIComponent(t.replace(/\W/g, (c) => `&#${c.charCodeAt(0)};`)),
    ],
    ['in base64', (t) => Buffer.from(`id:${t}`).toString('base64')],
    [
      'in base64url of a form',
      (t) => Buffer.from(new URLSearchParams({ t }).toString()).toString('base64url'),
    ],
    ['in base64 of base64', (t) => btoa(btoa(t))],
  ];
  const ENTITIES = {
    '+': '&plus;',
    '/': '&sol;',
    '=': '&equals;',
    '"': '&quot;',
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
  };

  test.each(WAYS)('%s shows nowhere', async (_, write) => {
    const lines = [];
    const take = (...args) => void lines.push(JSON.stringify(args));
    const logger = { info: take, warn: take, error: take, debug: take };
    const injector = withToken(TOKEN, { logger, headers: { 'X-Key': HEADER } });
    injector.registerCTIMonitor((event) => void lines.push(JSON.stringify(event)));
    const forms = [TOKEN, HEADER].map(write);
    const headers = { 'x-echo': forms[0], icStatusDescription: forms[0], 'x-trace-id': forms[1] };
    for (const body of [
      { message: `no: ${forms[0]}`, [forms[1]]: [forms[1]] },
      `<p>${forms[0]} ${forms[1]}`,
    ]) {
      platform.answer({ status: 409, headers, body }, { headers, body });
      lines.push(printed(await failure(injector.injectDTMF(params()))));
      await injector.injectDTMF(params());
    }
    // As a log prints them, backslashes are doubled.
    for (const form of [TOKEN, HEADER, ...forms]) {
      for (const written of [form, JSON.stringify(form).slice(1, -1)]) {
        for (const line of lines) expect(line.includes(written)).toBe(false);
      }
    }
  });

  test.each(WAYS)('%s shows in no error of a token', async (_, write) => {
    const clientSecret = 'told+canary/"99"';
    const form = write(clientSecret);
    platform.answerToken({
      status: 400,
      headers: { 'x-echo': form },
      body: { error: 'invalid_grant', error_description: `bad: ${form}` },
    });
    const error = await failure(client({ clientSecret }).getAccessToken());
    expect(error.response.data).toEqual({ error: 'invalid_grant', error_description: '*****' });
    expect(error.response.headers['x-echo']).toBe('*****');
  });
});
