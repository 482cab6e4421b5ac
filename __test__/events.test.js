'use strict';

const { newBench, params, QUICK_RETRY, settle, failure, thrown, until } = require('./support/bench');
const { profile } = require('./support/profiles');

const bench = newBench();

/** Collects what a logger is given. */
function collectingLogger() {
  const lines = [];
  const take =
    (level) =>
    (...args) =>
      void lines.push({ level, args });
  return { lines, info: take('info'), warn: take('warn'), error: take('error') };
}

test('events of 256 injections in flight all come before their promises, in order', async () => {
  const platform = await bench.platform();
  platform.usualInjection = (record) =>
    // A third fails, so that both kinds of events are seen.
    Number(record.callId.split('-')[1]) % 3 === 0 ? { status: 400, delayMs: 5 } : { delayMs: 5 };
  const injector = bench.injector(platform);
  const log = [];
  injector.registerCTIMonitor((event) => void log.push(`first ${event.event} ${event.callId}`));
  injector.registerCTIMonitor((event) => void log.push(`second ${event.event} ${event.callId}`));

  await Promise.all(
    Array.from({ length: 256 }, async (_, n) => {
      const outcome = await settle(injector.injectDTMF(params({ callId: `call-${n}` })));
      log.push(`${outcome.ok} call-${n}`);
    }),
  );

  expect(log).toHaveLength(256 * 3);
  for (let n = 0; n < 256; n += 1) {
    const ok = n % 3 !== 0;
    const event = ok ? 'dtmf.injected' : 'dtmf.failed';
    const mine = log.filter((line) => line.endsWith(` call-${n}`));
    expect(mine).toEqual([`first ${event} call-${n}`, `second ${event} call-${n}`, `${ok} call-${n}`]);
  }
});

test('dtmf.injected has the entry of the result, and what the platform answered', async () => {
  const injector = bench.injector(await bench.platform());
  const events = [];
  injector.registerCTIMonitor((event) => void events.push(event));
  const result = await injector.injectDTMF(params());
  expect(events).toEqual([
    {
      event: 'dtmf.injected',
      callId: 'call-1',
      auditEntry: result.audit,
      payload: result.data,
    },
  ]);
  expect(JSON.stringify(events)).not.toContain('4929187350');
});

test("digits: 'clear' shows the digits and their frequencies", async () => {
  const platform = await bench.platform();
  platform.answer({ body: { pressed: '1#' } });
  const injector = bench.injector(platform, { digits: 'clear' });
  const events = [];
  injector.registerCTIMonitor((event) => void events.push(event));
  await injector.injectDTMF(params({ dtmfString: '1#' }));
  expect(events[0].payload).toEqual({ pressed: '1#' });
  expect(events[0].auditEntry.dtmfString).toBe('1#');
  expect(events[0].auditEntry.validation).toEqual({
    valid: true,
    carrierCompatible: true,
    frequencies: [
      [697, 1209],
      [941, 1477],
    ],
  });
});

test('what a program does to its params afterwards changes nothing', async () => {
  const platform = await bench.platform();
  const injector = bench.injector(platform, { digits: 'clear' });
  const mine = params({ dtmfString: '12' });
  const promise = injector.injectDTMF(mine);
  Object.assign(mine, params({ callId: 'call-2', dtmfString: '99', interDigitPause: 1000 }));
  const { audit } = await promise;
  expect(audit).toMatchObject({
    callId: 'call-1',
    dtmfString: '12',
    ...profile.entry,
  });
  expect(audit.validation.frequencies).toHaveLength(2);
  expect(profile.digitsOf(platform.injections('call-1')[0].body)).toBe('12');
});

test('dtmf.failed has the entry of the error', async () => {
  const platform = await bench.platform();
  const injector = bench.injector(platform);
  platform.answer({ status: 404, body: { message: 'no such call' } });
  const events = [];
  injector.registerCTIMonitor((event) => void events.push(event));
  const error = await failure(injector.injectDTMF(params()));
  expect(events).toEqual([{ event: 'dtmf.failed', callId: 'call-1', auditEntry: error.audit }]);
  expect(error.audit).toMatchObject({
    callId: 'call-1',
    dtmfString: '*****',
    status: 'failed',
    delivery: 'refused',
    attempts: 1,
    recognitionRate: 0,
    recognitionSource: 'acceptance',
    errorCode: 404,
    code: 'ERR_DTMF_REJECTED',
    errorMessage: error.message,
  });
});

test.each([
  [
    { got: '4929187350', n: 4929187350 },
    { got: '*****', n: '*****' },
  ],
  [
    { 4929187350: ['49 29-18 73 50', 7], rest: true },
    { '*****': ['*****', 7], rest: true },
  ],
  [{ list: [4, 9, 2, 9, 1, 8, 7, 3, 5, 0] }, { list: ['*****'] }],
  ['pressed %34929187350', 'pressed %3*****'],
  [4929187350, '*****'],
  ['', null],
])('the digits of the answer %# are masked in events alone', async (body, payload) => {
  const platform = await bench.platform();
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  platform.answer({ body: text });
  const injector = bench.injector(platform);
  const events = [];
  injector.registerCTIMonitor((event) => void events.push(event));
  const { data } = await injector.injectDTMF(params());
  expect(data).toEqual(body === '' ? null : body);
  expect(events[0].payload).toEqual(payload);
  expect(Object.isFrozen(data)).toBe(typeof data !== 'object' || data === null);
});

test('the token of the answer is masked in events, and stays in the result', async () => {
  const platform = await bench.platform();
  const injector = bench.injector(platform, { digits: 'clear' });
  await injector.injectDTMF(params());
  const token = platform.injections()[0].headers.authorization.replace('Bearer ', '');
  platform.answer({ body: { token, digits: '4929187350' } });
  const events = [];
  const unregister = injector.registerCTIMonitor((event) => void events.push(event));
  const { data } = await injector.injectDTMF(params());
  expect(data.token).toBe(token);
  expect(events[0].payload).toEqual({ token: '*****', digits: '4929187350' });
  unregister();
  await injector.injectDTMF(params());
  expect(events).toHaveLength(1);
});

test('an answer nested however deep reaches monitors', async () => {
  const platform = await bench.platform();
  platform.answer({ body: `${'['.repeat(30_000)}${']'.repeat(30_000)}` });
  const injector = bench.injector(platform);
  const events = [];
  injector.registerCTIMonitor((event) => void events.push(event));
  await injector.injectDTMF(params());
  expect(events.map(({ event }) => event)).toEqual(['dtmf.injected']);
  expect(Object.isFrozen(events[0].payload[0])).toBe(true);
});

const HOSTILE = {
  get lineId() {
    throw new Error('4929187350');
  },
  get contactId() {
    throw new Error('4929187350');
  },
};

test.each([
  ['digits', { dtmfString: '12x' }, {}],
  ['digits of another type', { dtmfString: 12 }, {}],
  ['bytes', { dtmfString: new Uint8Array([1]) }, {}],
  ['the pause', { interDigitPause: 1 }, {}],
  ['an option that is unknown', {}, { deadlineMS: 5 }],
  ['an option of another type', {}, { maxAttempts: 5n }],
  ['the signal', {}, { signal: {} }],
  ['the lock', {}, { lock: {} }],
  ['traceparent', {}, { traceparent: 'x' }],
  ['an option among the params', { maxAttempts: 2 }, {}],
  ['a getter', null, {}],
])('with %s wrong, call and correlationId are told', async (_, fields, options) => {
  const logger = collectingLogger();
  const injector = bench.injector(await bench.platform(), { logger });
  const events = [];
  injector.registerCTIMonitor((event) => void events.push(event));
  const asked = fields
    ? params(fields)
    : Object.defineProperties(params(), Object.getOwnPropertyDescriptors(HOSTILE));
  const error = await failure(injector.injectDTMF(asked, { correlationId: 'order-7', ...options }));
  expect(error).toMatchObject({ code: 'ERR_DTMF_INVALID', delivery: 'not-sent' });
  const known = { callId: 'call-1', correlationId: 'order-7', validation: { valid: false } };
  expect(error.audit).toMatchObject(known);
  expect(events).toEqual([{ event: 'dtmf.failed', callId: 'call-1', auditEntry: error.audit }]);
  expect(logger.lines.at(-1).args[1]).toMatchObject(known);
});

test('a call or a correlationId that is wrong itself is not told, and leaves the other', async () => {
  const injector = bench.injector(await bench.platform());
  const wrongCall = await failure(
    injector.injectDTMF(params({ callId: 'no/4929187350' }), { correlationId: 'order-7' }),
  );
  expect(wrongCall.audit).toMatchObject({ callId: null, correlationId: 'order-7' });
  const wrongId = await failure(injector.injectDTMF(params(), { correlationId: '4929187350 x' }));
  expect(wrongId.audit.callId).toBe('call-1');
  expect(wrongId.audit).not.toHaveProperty('correlationId');
  const none = await failure(injector.injectDTMF(undefined, { correlationId: 'order-7' }));
  expect(none.audit).toMatchObject({ callId: null, correlationId: 'order-7' });
  expect(JSON.stringify([wrongCall, wrongId, none])).not.toContain('4929187350');
});

test.each([
  'maxAttempts',
  'signal',
  'lock',
  'deadlineMs',
  'lockTimeoutMs',
  'resendWhenUnknown',
  'traceparent',
  'correlationId',
])('%s among the params is told to be an option', async (name) => {
  const platform = await bench.platform();
  const error = await failure(bench.injector(platform).injectDTMF(params({ [name]: 1 })));
  expect(error).toMatchObject({
    code: 'ERR_DTMF_INVALID',
    message: expect.stringMatching(`${name}.*options`),
  });
  expect(platform.requests).toHaveLength(0);
  await bench
    .injector(platform)
    .injectDTMF(params(profile.name === 'telephony-v2' ? { [name]: undefined } : {}));
});

test('invalid input ends in dtmf.failed too', async () => {
  const injector = bench.injector(await bench.platform());
  const events = [];
  injector.registerCTIMonitor((event) => void events.push(event));
  await failure(injector.injectDTMF(params({ callId: '../4929187350' })));
  await failure(injector.injectDTMF(params({ dtmfString: '4929187350x' })));
  await failure(injector.injectDTMF(undefined));

  expect(events.map((event) => [event.event, event.callId])).toEqual([
    ['dtmf.failed', null],
    ['dtmf.failed', 'call-1'],
    ['dtmf.failed', null],
  ]);
  for (const { auditEntry } of events) {
    expect(auditEntry).toMatchObject({
      dtmfString: '*****',
      dtmfType: null,
      interDigitPause: null,
      validation: { valid: false },
      status: 'error',
      delivery: 'not-sent',
      code: 'ERR_DTMF_INVALID',
      errorCode: 'unknown',
      attempts: 0,
    });
  }
  expect(JSON.stringify(events)).not.toContain('4929187350');
});

test('one dtmf.retrying per resend, before the one event of the outcome', async () => {
  const platform = await bench.platform();
  const injector = bench.injector(platform, { retry: QUICK_RETRY });
  platform.answer({ status: 500 }, { status: 503 }, {});
  const events = [];
  injector.registerCTIMonitor((event) => void events.push(event));

  const result = await injector.injectDTMF(params(), { maxAttempts: 3 });

  expect(events.map((event) => event.event)).toEqual(['dtmf.retrying', 'dtmf.retrying', 'dtmf.injected']);
  for (const [n, event] of events.slice(0, 2).entries()) {
    expect(event).toEqual({
      event: 'dtmf.retrying',
      callId: 'call-1',
      injectionId: result.audit.injectionId,
      attempt: n + 1,
      delayMs: expect.any(Number),
      reason: 'ERR_DTMF_SERVER',
    });
    expect(event.delayMs).toBeGreaterThanOrEqual(0);
  }
});

test('a monitor that throws or rejects is counted, reported once, and changes nothing else', async () => {
  const platform = await bench.platform();
  const logger = collectingLogger();
  const injector = bench.injector(platform, { logger });
  const seen = [];
  injector.registerCTIMonitor(() => {
    throw new Error('monitor-throws');
  });
  injector.registerCTIMonitor(async () => {
    throw new Error('monitor-rejects');
  });
  injector.registerCTIMonitor(() => {
    // Not every thrown value is an error, and not every one can be printed.
    throw Object.create(null);
  });
  injector.registerCTIMonitor((event) => void seen.push(event.event));

  for (let n = 0; n < 5; n += 1) {
    await expect(injector.injectDTMF(params())).resolves.toMatchObject({ success: true });
  }

  await until(() => injector.metrics().monitorErrors === 15, 'the count of 15');
  expect(seen).toEqual(Array(5).fill('dtmf.injected'));
  const reports = logger.lines.filter(({ args }) => /monitor/i.test(args[0]));
  expect(reports).toHaveLength(3);
  expect(platform.executions()).toHaveLength(5);
});

test('a monitor is called until its unregister is called', async () => {
  const injector = bench.injector(await bench.platform());
  const seen = [];
  const unregister = injector.registerCTIMonitor(() => void seen.push('first'));
  injector.registerCTIMonitor(() => void seen.push('second'));
  await injector.injectDTMF(params());
  unregister();
  unregister();
  await injector.injectDTMF(params());
  expect(seen).toEqual(['first', 'second', 'second']);
});

test('a monitor may unregister itself, register another and inject', async () => {
  const platform = await bench.platform();
  const injector = bench.injector(platform);
  const seen = [];
  let nested;
  const unregister = injector.registerCTIMonitor((event) => {
    unregister();
    seen.push(event.callId);
    nested = injector.injectDTMF(params({ callId: 'call-2' }));
    injector.registerCTIMonitor((late) => void seen.push(`late ${late.callId}`));
  });
  await injector.injectDTMF(params());
  await nested;
  expect(seen.filter((line) => line === 'call-1')).toHaveLength(1);
  expect(seen).toContain('late call-2');
  expect(seen).not.toContain('call-2');
});

test('a monitor of one injector hears nothing of another', async () => {
  const platform = await bench.platform();
  const seen = [];
  bench.injector(platform).registerCTIMonitor((event) => void seen.push(event));
  await bench.injector(platform).injectDTMF(params());
  expect(seen).toEqual([]);
});

test('what is no function is refused', async () => {
  const injector = bench.injector(await bench.platform());
  for (const bad of [undefined, null, {}, 'log']) {
    expect(thrown(() => injector.registerCTIMonitor(bad))).toMatchObject({ code: 'ERR_DTMF_INVALID' });
  }
});
