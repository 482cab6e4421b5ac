'use strict';

// What tools of the program are told through node:diagnostics_channel, and what they can send along.

const { subscribe, unsubscribe } = require('node:diagnostics_channel');

const { newBench, settle, QUICK_RETRY, printed, failure } = require('./support/bench');
const { profile } = require('./support/profiles');

const bench = newBench();
const { params } = profile;

const TRACE = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
const NAMES = ['start', 'end', 'error'];
let told;
let listeners;

function listen(onStart = () => {}) {
  listeners = NAMES.map((name) => {
    const listener = (message) => {
      told.push([name, message]);
      if (name === 'start') onStart(message);
    };
    subscribe(`cxone-dtmf:injection:${name}`, listener);
    return [name, listener];
  });
}

beforeEach(() => {
  told = [];
  listeners = [];
});
afterEach(() => {
  for (const [name, listener] of listeners) unsubscribe(`cxone-dtmf:injection:${name}`, listener);
});

test('start and end of what succeeds, with error between of what fails, the same object throughout', async () => {
  const platform = await bench.platform();
  const injector = bench.injector(platform, { retry: QUICK_RETRY });
  listen();
  const { audit } = await injector.injectDTMF(params());
  expect(told.map(([name]) => name)).toEqual(['start', 'end']);
  expect(told[0][1]).toBe(told[1][1]);
  expect(told[0][1]).toEqual({ callId: audit.callId, auditEntry: audit });
  told = [];
  platform.answer({ status: 404 });
  const error = await failure(injector.injectDTMF(params()));
  expect(told.map(([name]) => name)).toEqual(['start', 'error', 'end']);
  const [, message] = told[1];
  expect(message.error).toMatchObject({ code: error.code, delivery: error.delivery });
  expect(message.auditEntry).toEqual(error.audit);
});

test('they hold no digit', async () => {
  const platform = await bench.platform();
  const injector = bench.injector(platform);
  listen();
  platform.answer({ status: 400, body: { echo: params().dtmfString } });
  await settle(injector.injectDTMF(params()));
  const [, message] = told.at(-1);
  expect(printed(message.error) + JSON.stringify(message)).not.toContain(params().dtmfString);
});

test('a tracer sets the trace of the request, and the caller an id', async () => {
  const platform = await bench.platform();
  const injector = bench.injector(platform);
  listen((message) => {
    message.traceparent = TRACE;
  });
  const { audit } = await injector.injectDTMF(params(), { correlationId: 'order/7', maxAttempts: 2 });
  expect(told[0][1]).toMatchObject({ traceparent: TRACE, correlationId: 'order/7' });
  const [{ headers }] = platform.injections();
  expect(headers.traceparent).toBe(TRACE);
  expect(headers[profile.name === 'agent-session' ? 'correlationid' : 'x-correlation-id']).toBe('order/7');
  expect(audit.correlationId).toBe('order/7');
});

test.each([null, 5, [], { lock: 7 }, { signal: 7 }])(
  'a listener changes nothing of what is refused, and hears of it: %j',
  async (options) => {
    const platform = await bench.platform();
    const injector = bench.injector(platform);
    listen();
    const error = await failure(injector.injectDTMF(params(), options));
    expect(error.code).toBe('ERR_DTMF_INVALID');
    expect(told.map(([name]) => name)).toEqual(['start', 'error', 'end']);
    expect(platform.injections()).toHaveLength(0);
  },
);

test.each([true, false])('ids are read once, and only own ones (listener: %s)', async (listens) => {
  const platform = await bench.platform();
  const injector = bench.injector(platform);
  if (listens) listen();
  const inherited = Object.create({ traceparent: TRACE, correlationId: 'inherited' });
  const { audit } = await injector.injectDTMF(params(), inherited);
  expect(audit).not.toHaveProperty('correlationId');
  let reads = 0;
  const counting = {
    get correlationId() {
      reads += 1;
      return `read-${reads}`;
    },
  };
  expect((await injector.injectDTMF(params(), counting)).audit.correlationId).toBe('read-1');
  const header = profile.name === 'agent-session' ? 'correlationid' : 'x-correlation-id';
  const sent = platform.injections().map(({ headers }) => [headers.traceparent, headers[header]]);
  expect(sent).toEqual([
    [undefined, undefined],
    [undefined, 'read-1'],
  ]);
});

test('without listeners the options alone decide', async () => {
  const platform = await bench.platform();
  const injector = bench.injector(platform);
  const { audit } = await injector.injectDTMF(params(), { traceparent: TRACE });
  await injector.injectDTMF(params());
  expect(platform.injections().map(({ headers }) => headers.traceparent)).toEqual([TRACE, undefined]);
  expect(audit).not.toHaveProperty('correlationId');
});

test.each([
  ['traceparent', 'x'],
  ['traceparent', TRACE.toUpperCase()],
  ['traceparent', 7],
  ['correlationId', 'a b'],
  ['correlationId', 'canary\r\nX: y'],
  ['correlationId', ''],
])('%s %p is refused and nothing is sent', async (field, value) => {
  const platform = await bench.platform();
  const error = await failure(bench.injector(platform).injectDTMF(params(), { [field]: value }));
  expect(error).toMatchObject({ code: 'ERR_DTMF_INVALID', delivery: 'not-sent' });
  expect(error.message).toMatch(new RegExp(`^${field} must`));
  expect(printed(error)).not.toContain('canary');
  expect(platform.injections()).toHaveLength(0);
});
