'use strict';

// The agents of the simulator, as NICE's own programs ask for them, and as a test moves them.

const { newStage } = require('../support/simulated');
const { thrown } = require('../support/bench');

const stage = newStage();

/** A program that asks as NICE's SDK does: plain requests, and the newest id of the session in each of them. */
async function program(simulator) {
  const { authUrl, accessKeyId, accessKeySecret } = simulator.accessKey;
  const granted = await fetch(`${authUrl}/authentication/v1/token/access-key`, {
    method: 'POST',
    body: JSON.stringify({ accessKeyId, accessKeySecret }),
  });
  const { access_token: token } = await granted.json();
  const below = `${simulator.url}/InContactAPI/services/v23.0`;
  const call = (method, path, body) =>
    fetch(`${below}/${path}`, {
      method,
      headers: { authorization: `Bearer ${token}` },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
  const agent = { call, sessionId: undefined };
  return Object.assign(agent, {
    async open(path, body) {
      const answer = await call('POST', path, body);
      ({ sessionId: agent.sessionId } = await answer.json());
      return agent.sessionId;
    },
    at: (action, body) => call('POST', `agent-sessions/${agent.sessionId}/${action}`, body),
    async events() {
      const answer = await call('GET', `agent-sessions/${agent.sessionId}/get-next-event?timeout=30`);
      const { sessionId, events } = await answer.json();
      agent.sessionId = sessionId;
      return events;
    },
  });
}

const STATION = { stationId: '12345', stationPhoneNumber: '', asAgentId: 0 };
const statuses = (events) => events.map(({ ContactID, Status }) => `${ContactID} ${Status}`);

test('from the start of a session to its end', async () => {
  const simulator = await stage.simulator({ maskDelayMs: 20 });
  const agent = await program(simulator);
  const first = await agent.open('agent-sessions', STATION);
  expect((await agent.events()).map(({ Type }) => Type)).toEqual(['AgentSessionStart', 'AgentState']);
  expect(agent.sessionId).not.toBe(first);
  expect((await agent.at('agent-phone/dial')).status).toBe(202);
  expect((await agent.events()).map(({ Status }) => Status)).toEqual(['Dialing', 'Active']);

  const contactId = simulator.addContact(first, { ani: '8015550100', skill: 'Sales', isInbound: true });
  const [told] = await agent.events();
  expect(told).toMatchObject({
    ContactID: contactId,
    Status: 'Active',
    ANI: '8015550100',
    IsInbound: 'True',
    FinalState: 'False',
  });

  expect((await agent.at(`interactions/${contactId}/mask`)).status).toBe(202);
  expect(statuses(await agent.events())).toEqual([`${contactId} Masking`]);
  const digits = { dtmfSequence: '12#', toneDurationMS: 340, toneSpacingMS: 0 };
  expect((await agent.at('send-dtmf', digits)).status).toBe(202);
  expect(simulator.executions()[0]).toMatchObject({ callId: first, contactId, masked: true });
  expect(simulator.digits(agent.sessionId)).toEqual(['12#']);
  expect((await agent.at(`interactions/${contactId}/unmask`)).status).toBe(202);
  expect(simulator.masks(contactId).map(({ masked }) => masked)).toEqual([true, false]);

  expect(simulator.sessions()).toEqual([
    {
      sessionId: first,
      newestSessionIds: [agent.sessionId],
      agentId: '4711',
      stationId: '12345',
      stationPhoneNumber: '',
      hasAgentLeg: true,
      hasEnded: false,
    },
  ]);
  await agent.call('DELETE', `agent-sessions/${agent.sessionId}`, { endContacts: true });
  expect((await agent.events()).at(-1)).toEqual({
    Type: 'AgentSessionEnd',
    Success: 'True',
    Message: '',
  });
  expect(simulator.contacts(first)).toEqual([]);
});

test('who joins hears of everything beside the agent', async () => {
  const simulator = await stage.simulator();
  simulator.addSession('session-1', { agentId: '7', contactId: 'contact-1' });
  const agent = Object.assign(await program(simulator), { sessionId: 'session-1' });
  const other = await program(simulator);
  await other.open('agent-sessions/join', { asAgentId: 7 });
  for (const { events } of [agent, other]) {
    expect(statuses((await events()).slice(2))).toEqual(['contact-1 Active']);
  }
  simulator.endSession(other.sessionId, { elsewhere: true });
  for (const { events } of [agent, other]) {
    expect((await events())[0].Type).toBe('RemoteAgentSessionEnd');
  }
});

test('contacts are where the test moves them', async () => {
  const simulator = await stage.simulator({ confirmMasks: true });
  simulator.addSession('session-1', { contactId: 'contact-1' });
  simulator.addSession('session-2');
  const agent = Object.assign(await program(simulator), { sessionId: 'session-1' });
  await agent.events();
  simulator.addContact('session-1', { contactId: 'contact-2', state: 'incoming' });
  simulator.moveContact('contact-2', 'active');
  const states = () => simulator.contacts('session-1').map(({ contactId, state }) => [contactId, state]);
  expect(states()).toEqual([
    ['contact-1', 'holding'],
    ['contact-2', 'active'],
  ]);
  expect(statuses(await agent.events())).toEqual([
    'contact-2 Incoming',
    'contact-1 Holding',
    'contact-2 Active',
  ]);
  await agent.at('interactions/contact-2/mask');
  expect(simulator.isMasked('contact-2')).toBe(false);
  simulator.confirmMask('contact-2');
  expect(simulator.isMasked('contact-2')).toBe(true);
  await agent.call('POST', 'interactions/contact-2/signal', { p1: 'paid' });
  expect(simulator.signals('contact-2')).toMatchObject([{ parameters: { p1: 'paid' } }]);

  expect(simulator.transferContact('contact-2', { toSessionId: 'session-2', asContactId: '77' })).toBe('77');
  expect(simulator.contacts('session-2')).toEqual([
    {
      contactId: '77',
      masterId: 'contact-2',
      parentContactId: 'contact-2',
      state: 'active',
      inFocus: true,
    },
  ]);
  simulator.pushEvent('session-1', {
    Type: 'CallContactEvent',
    ContactID: 'contact-1',
    Status: 'Active',
  });
  expect(states()).toEqual([['contact-1', 'active']]);
});

test.each([
  ['state', (s) => s.moveContact('contact-1', 'gone')],
  ['contactId', (s) => s.moveContact('nobody', 'active')],
  ['contactId', (s) => s.transferContact('nobody')],
  ['options.toSessionId', (s) => s.transferContact('contact-1', { toSessionId: 'nowhere' })],
  ['options.state', (s) => s.addContact('session-1', { state: 'gone' })],
  ['options.contactId', (s) => s.addContact('session-1', { contactId: 7 })],
  ['options.colour', (s) => s.addContact('session-1', { colour: 'red' })],
  ['options', (s) => s.addContact('session-1', 'contact-1')],
  ['options.agentId', (s) => s.addSession('session-1', { agentId: 4711 })],
  ['options.elsewhere', (s) => s.endSession('session-1', { elsewhere: 'yes' })],
  ['options.here', (s) => s.endSession('session-1', { here: true })],
  ['options', (s) => s.endSession('session-1', true)],
  ['contactId', (s) => s.confirmMask('contact-1')],
  ['sessionId', (s) => s.contacts('')],
  ['contactId', (s) => s.signals(7)],
])('a mistake names %s', async (field, mistake) => {
  const simulator = await stage.simulator();
  simulator.addSession('session-1', { contactId: 'contact-1' });
  const error = thrown(() => mistake(simulator));
  expect(error).toBeInstanceOf(TypeError);
  expect(error.message).toMatch(new RegExp(`^${field.replace('.', '\\.')} `));
});
