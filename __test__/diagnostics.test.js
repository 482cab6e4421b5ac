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

describe('an observer changes no outcome', () => {
  const OFF = `00-${'0'.repeat(32)}-${'0'.repeat(16)}-00`;
  const carried = (platform) => platform.injections().map(({ headers }) => headers.traceparent);
  let warnings;

  beforeEach(() => {
    warnings = jest.spyOn(process, 'emitWarning').mockImplementation(() => {});
    jest.resetModules();
  });
  afterEach(() => warnings.mockRestore());

  test.each([
    ['ids that are all zero', (message) => (message.traceparent = OFF)],
    ['no text', (message) => (message.traceparent = 7)],
    ['a correlation id that breaks the rule', (message) => (message.correlationId = 'a b')],
    [
      'a getter that throws',
      (message) =>
        Object.defineProperty(message, 'traceparent', {
          get() {
            throw new Error('canary');
          },
        }),
    ],
  ])('%s: left out, with one warning', async (_, set) => {
    const platform = await bench.platform();
    const injector = bench.injector(platform);
    listen(set);
    await injector.injectDTMF(params());
    const { audit } = await injector.injectDTMF(params(), { traceparent: TRACE, correlationId: 'order-7' });
    expect(audit.correlationId).toBe('order-7');
    // What the caller gave stays.
    expect(carried(platform)).toEqual([undefined, TRACE]);
    expect(warnings).toHaveBeenCalledTimes(1);
    expect(warnings.mock.calls[0][0]).toMatch(/cannot be used/);
  });

  test('what the caller gave wrong is refused, whatever an observer sets', async () => {
    const platform = await bench.platform();
    listen((message) => (message.traceparent = TRACE));
    const error = await failure(bench.injector(platform).injectDTMF(params(), { traceparent: OFF }));
    expect(error).toMatchObject({ code: 'ERR_DTMF_INVALID', delivery: 'not-sent' });
  });

  test('a message that it froze is followed by one that has the same in it', async () => {
    const platform = await bench.platform();
    const injector = bench.injector(platform);
    listen((message) => {
      message.span = 'span-1';
      Object.freeze(message);
    });
    platform.answer({}, { status: 404 });
    const { audit } = await injector.injectDTMF(params());
    await settle(injector.injectDTMF(params()));
    expect(told.map(([name]) => name)).toEqual(['start', 'end', 'start', 'error', 'end']);
    expect(told[1][1]).toMatchObject({ callId: audit.callId, auditEntry: audit });
    expect(told[1][1].span).toBe('span-1');
    expect(told[3][1].error.code).toBe('ERR_DTMF_REJECTED');
    expect(warnings).not.toHaveBeenCalled();
  });

  test('what it does to the entry does not reach the caller', async () => {
    const platform = await bench.platform();
    const injector = bench.injector(platform);
    const spoil = ({ auditEntry }) => void (auditEntry.validation.valid = 'spoiled');
    subscribe('cxone-dtmf:injection:end', spoil);
    const { audit } = await injector.injectDTMF(params());
    unsubscribe('cxone-dtmf:injection:end', spoil);
    expect(audit.validation.valid).toBe(true);
  });
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
