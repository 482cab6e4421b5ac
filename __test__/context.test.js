'use strict';

// The async context in which code of the program is called: that of the injection, lock or session it belongs to.

const { AsyncLocalStorage } = require('node:async_hooks');
const { subscribe, unsubscribe } = require('node:diagnostics_channel');

const { newBench, settle, until, QUICK_RETRY } = require('./support/bench');
const { profile } = require('./support/profiles');

const bench = newBench();
const { params } = profile;
const requests = new AsyncLocalStorage();
let platform;

beforeEach(async () => {
  platform = await bench.platform();
});

/** A logger that keeps the context of each line. */
function logger() {
  const lines = [];
  const take = (message, fields) => void lines.push({ message, fields, context: requests.getStore() });
  return { lines, info: take, warn: take, error: take, debug: take };
}

/** Runs JavaScript until the engine has surely answered, without letting a wake through. */
function block(ms) {
  const end = Date.now() + ms;
  while (Date.now() < end);
}

test('everything that is told of an injection is told in its context', async () => {
  const log = logger();
  const injector = bench.injector(platform, { logger: log, retry: QUICK_RETRY });
  const events = [];
  injector.registerCTIMonitor((event) => {
    events.push([event.event, event.auditEntry?.injectionId ?? event.injectionId, requests.getStore()]);
  });
  await injector.injectDTMF(params({ callId: 'warm' }));
  events.length = 0;
  log.lines.length = 0;
  const inject = (name) =>
    requests.run(name, () => injector.injectDTMF(params({ callId: name }), { maxAttempts: 2 }));
  const warm = platform.injections().length;
  platform.answer({ status: 500, hold: true }, { status: 500, hold: true });
  const both = Promise.all([inject('a'), inject('b')]);
  await until(() => platform.injections().length === warm + 2);
  platform.release();
  const [a, b] = await both;
  const names = { [a.audit.injectionId]: 'a', [b.audit.injectionId]: 'b' };
  expect(events).toHaveLength(4);
  for (const [, injectionId, context] of events) expect(context).toBe(names[injectionId]);
  const own = log.lines.filter(({ fields }) => fields.injectionId in names);
  expect(own.filter(({ message }) => message === 'the attempt ended')).toHaveLength(4);
  expect(own.filter(({ message }) => message.includes('Retrying in'))).toHaveLength(2);
  expect(own.filter(({ message }) => message === 'DTMF injection completed')).toHaveLength(2);
  for (const { fields, context } of own) expect(context).toBe(names[fields.injectionId]);
});

test('another request that fetches the records lends them no context', async () => {
  const injector = bench.injector(platform);
  await injector.injectDTMF(params());
  const seen = {};
  injector.registerCTIMonitor(({ auditEntry }) => {
    seen[auditEntry.correlationId ?? 'other'] = requests.getStore();
  });
  const first = requests.run('a', () => injector.injectDTMF(params(), { correlationId: 'a' }));
  block(60);
  // What is refused at once makes JavaScript fetch what is there.
  await requests.run('c', () => settle(injector.injectDTMF(null)));
  await first;
  expect(seen).toEqual({ a: 'a', other: 'c' });
});

test('tracers are told in the context of the injection', async () => {
  const injector = bench.injector(platform);
  const seen = [];
  const listener = (_, name) => void seen.push([name, requests.getStore()]);
  const channels = ['start', 'end', 'error'].map((name) => `cxone-dtmf:injection:${name}`);
  for (const channel of channels) subscribe(channel, listener);
  platform.answer({ status: 404 });
  await requests.run('a', () => settle(injector.injectDTMF(params())));
  for (const channel of channels) unsubscribe(channel, listener);
  const [start, end, error] = channels;
  expect(seen).toEqual([
    [start, 'a'],
    [error, 'a'],
    [end, 'a'],
  ]);
});

test('a lock that runs out is told in the context of the code that took it', async () => {
  const log = logger();
  const injector = bench.injector(platform, { lockHoldMs: 50, logger: log });
  await requests.run('a', () => injector.acquireChannelLock('call-1'));
  await requests.run('b', () => injector.injectDTMF(params()));
  const line = log.lines.find(({ message }) => message.startsWith('Channel lock was held too long'));
  expect(line.context).toBe('a');
});

test('a token source of the program is asked in no context, since injections share the token', async () => {
  const contexts = [];
  const source = {
    async getAccessToken() {
      contexts.push(requests.getStore());
      await null;
      contexts.push(requests.getStore());
      // What it does to its context must not stay for the next time.
      requests.enterWith('left behind');
      return 'token-canary-own';
    },
    invalidateToken: () => void contexts.push(requests.getStore()),
  };
  const injector = bench.injectorWith(source, platform);
  platform.answer({ status: 401 });
  for (const name of ['a', 'b']) await requests.run(name, () => settle(injector.injectDTMF(params())));
  expect(contexts.length).toBeGreaterThanOrEqual(7);
  expect(contexts.every((context) => context === undefined)).toBe(true);
});

test('what belongs to no request is told in no context, whichever loaded the package', async () => {
  const log = logger();
  let library;
  requests.run('loads', () => jest.isolateModules(() => (library = require('..'))));
  const { CXoneAuthClient, DtmfInjector } = library;
  const auth = new CXoneAuthClient({ ...platform.credentials, logger: log });
  const injector = new DtmfInjector(auth, { apiUrl: platform.url, logger: false, ...profile.config });
  await requests.run('a', () => injector.injectDTMF(params()));
  await injector.close();
  expect(log.lines).toMatchObject([{ message: 'OAuth token refreshed successfully', context: undefined }]);
});

test('what is heard of a session is told in the context of the code that follows it', async () => {
  const log = logger();
  const injector = bench.injector(platform, { api: 'agent-session', playout: 'none', logger: log });
  platform.answerEvents({ status: 304 }, { status: 500 }, { status: 409 });
  requests.run('follows', () => injector.followSession('session-1'));
  const told = () => log.lines.filter(({ fields }) => fields.sessionId === 'session-1');
  await until(() => told().some(({ message }) => message === 'Session ended'), 'the end of the session');
  expect(told().map(({ context }) => context)).toEqual(['follows', 'follows']);
});
