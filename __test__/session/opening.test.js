'use strict';

// Sessions that a program opens, and the events that it hears of them.

const { newStage } = require('../support/simulated');
const { failure, settle, thrown, until } = require('../support/bench');

const stage = newStage();

async function program(options = {}, config = {}) {
  const simulator = await stage.simulator(options);
  const injector = stage.injector(
    simulator,
    { api: 'agent-session', ...config },
    { grant: 'password', ...simulator.accessKey },
  );
  return { simulator, injector };
}

/** Up to the first event that is one of these. */
async function heardUntil(session, isLast) {
  const events = [];
  for await (const event of session.follow()) {
    events.push(event);
    if (isLast(event)) break;
  }
  return events;
}

test('started, called, pressed into, ended', async () => {
  const { simulator, injector } = await program();
  const session = await injector.startSession({ stationId: '12345' });
  const following = session.follow();
  await session.dialAgentLeg();
  const contactId = simulator.addContact(session.id);
  const events = await heardUntil(session, (event) => event.contactId === contactId);
  const told = events.map(({ type }) => type);
  expect(told.slice(0, 2)).toEqual(['AgentSessionStart', 'AgentState']);
  expect(told).toContain('AgentLeg');
  const { audit } = await session.injectDTMF({ contactId, dtmfString: '12' });
  expect(audit).toMatchObject({ callId: session.id, contactId, delivery: 'accepted' });
  const [record] = simulator.sessions();
  expect(record).toMatchObject({ sessionId: session.id, stationId: '12345', hasAgentLeg: true });
  await session.endAgentLeg();
  await session.end();
  expect(simulator.sessions()).toMatchObject([{ hasEnded: true, hasAgentLeg: false }]);
  // It is not there any more, and that is what was asked for.
  await session.end();
  const rest = [];
  for await (const event of following) rest.push(event.type);
  expect(rest.at(-1)).toBe('AgentSessionEnd');
});

test('the end comes after the digits that were asked for before, and their masks', async () => {
  const { simulator, injector } = await program({ timeScale: 1 });
  const session = await injector.startSession({ stationId: '12345' });
  const contactId = simulator.addContact(session.id);
  const masked = { contactId, dtmfString: '12', toneDuration: 50, interDigitPause: 50, maskRecording: true };
  const pressing = [session.injectDTMF(masked), session.injectDTMF({ contactId, dtmfString: '3' })];
  await session.end();
  for (const { audit } of await Promise.all(pressing)) expect(audit.delivery).toBe('accepted');
  expect(simulator.masks(contactId).map(({ masked: is }) => is)).toEqual([true, false]);
  expect(simulator.sessions()).toMatchObject([{ hasEnded: true }]);
});

test('close ends what this injector started, and nothing else', async () => {
  const { simulator, injector } = await program();
  simulator.addSession('of-an-agent', { agentId: '4712', contactId: 'caller' });
  const joined = await injector.joinSession({ asAgentId: 4712 });
  const started = await injector.startSession({ stationPhoneNumber: '8015550100' });
  simulator.addContact(started.id, { contactId: 'other' });
  await injector.close();
  const ended = simulator.sessions().map(({ sessionId, hasEnded }) => [sessionId, hasEnded]);
  expect(ended).toEqual([
    ['of-an-agent', false],
    [started.id, true],
  ]);
  expect(joined.id).not.toBe('of-an-agent');
  const [end] = simulator.requests().filter(({ method }) => method === 'DELETE');
  expect(end.path).toMatch(/agent-sessions\/[^/]+$/);
});

test('what cannot be opened says why', async () => {
  const { simulator, injector } = await program();
  expect(await failure(injector.startSession({}))).toMatchObject({
    code: 'ERR_DTMF_INVALID',
    message: expect.stringContaining('options.stationId'),
  });
  expect(await failure(injector.startSession({ stationId: '1', agent: 1 }))).toMatchObject({
    code: 'ERR_DTMF_INVALID',
  });
  expect(await failure(injector.joinSession({ asAgentId: -1 }))).toMatchObject({ code: 'ERR_DTMF_INVALID' });
  expect(await failure(injector.joinSession({ asAgentId: 99 }))).toMatchObject({
    code: expect.stringMatching(/^ERR_DTMF_(REJECTED|CONFLICT)$/),
    delivery: 'refused',
  });
  const tutorial = stage.injector(simulator);
  expect(await failure(tutorial.startSession({ stationId: '1' }))).toMatchObject({
    code: 'ERR_DTMF_INVALID',
    message: expect.stringContaining("api: 'agent-session'"),
  });
  expect(thrown(() => injector.session(1))).toMatchObject({ code: 'ERR_DTMF_INVALID' });
  const session = injector.session('s');
  expect(await failure(session.injectDTMF({ sessionId: 't', dtmfString: '1' }))).toMatchObject({
    code: 'ERR_DTMF_INVALID',
    message: expect.stringContaining('another session'),
  });
});

test('monitors hear events in order with the digits, without digits in them', async () => {
  const { simulator, injector } = await program();
  simulator.addSession('s', { contactId: 'caller' });
  const events = [];
  injector.registerCTIMonitor((event) => void events.push(event));
  const recognised = [];
  const session = injector.session('s');
  session.follow({
    recognition: (event) => {
      if (event.Type !== 'CustomEvent') return undefined;
      recognised.push(event.Data);
      return { injectionId: event.Injection, digitsRecognised: event.Data.length };
    },
  });
  const { audit } = await session.injectDTMF({ contactId: 'caller', dtmfString: '4711' });
  simulator.pushEvent('s', { Type: 'CustomEvent', Injection: audit.injectionId, Data: '471' });
  await until(() => events.some(({ type }) => type === 'CustomEvent'), 'the event');
  expect(recognised).toEqual(['471']);
  expect(injector.metrics().recognition.reported).toMatchObject({ digitsSent: 4, digitsRecognised: 3 });
  const custom = events.find(({ type }) => type === 'CustomEvent');
  expect(custom).toMatchObject({
    event: 'session.event',
    callId: 's',
    sessionId: 's',
    data: { Data: '*****' },
  });
  expect(Object.isFrozen(custom.data)).toBe(true);
  const kinds = events.map(({ event, type }) => type ?? event);
  expect(kinds.indexOf('dtmf.injected')).toBeGreaterThan(kinds.indexOf('CallContactEvent'));
  expect(kinds.indexOf('CustomEvent')).toBeGreaterThan(kinds.indexOf('dtmf.injected'));
});

test('what is kept of the events is bounded, and the newest are', async () => {
  const { simulator, injector } = await program();
  simulator.addSession('s');
  const following = injector.followSession('s');
  for (let n = 0; n < 1_500; n += 1) simulator.pushEvent('s', { Type: `Custom${n}` });
  simulator.endSession('s');
  await until(() => injector.metrics().sessions.length === 0, 'the end');
  const types = [];
  for await (const { type } of following) types.push(type);
  expect(types).toHaveLength(1_000);
});

test.each([
  [{ recognise: () => {} }, /^options.recognise is not an option of followSession/],
  [{ recognition: 1 }, /^options.recognition must be a function$/],
  [1, /^options must be an object$/],
])('options %j are refused', async (options, message) => {
  const { injector } = await program();
  expect(thrown(() => injector.followSession('s', options))).toMatchObject({
    code: 'ERR_DTMF_INVALID',
    message: expect.stringMatching(message),
  });
});

test('a handle follows anew when its following was stopped', async () => {
  const { simulator, injector } = await program();
  simulator.addSession('s', { contactId: 'caller' });
  const session = injector.session('s');
  const stop = session.follow();
  expect(session.follow()).toBe(stop);
  stop();
  const again = session.follow();
  expect(again).not.toBe(stop);
  expect(injector.metrics().sessions).toHaveLength(1);
  await session.injectDTMF({ contactId: 'caller', dtmfString: '1' });
  simulator.addContact('s', { contactId: 'other' });
  await until(
    () => injector.metrics().sessions[0].contacts.some(({ state }) => state === 'held'),
    'the hold',
  );
  const error = await failure(session.injectDTMF({ contactId: 'caller', dtmfString: '2' }));
  expect(error).toMatchObject({ code: 'ERR_DTMF_NOT_IN_FOCUS', delivery: 'not-sent' });
});

test('a session whose start is under way while it closes is ended too', async () => {
  const { simulator, injector } = await program();
  const starting = settle(injector.startSession({ stationId: '12345' }));
  await until(
    () =>
      simulator.requests().some(({ method, path }) => method === 'POST' && path.endsWith('agent-sessions')),
    'the request',
  );
  await injector.close();
  await starting;
  expect(simulator.sessions()).toMatchObject([{ hasEnded: true }]);
});
