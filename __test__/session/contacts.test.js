'use strict';

// The digits of one contact never reach another, on the simulator: its contacts move, and its own record says who heard what.

const { newStage } = require('../support/simulated');
const { failure, until } = require('../support/bench');

const stage = newStage();
const SESSION = 'session-1';

/** A followed session with the contact `caller` in focus. */
async function followed(options = {}, config = {}) {
  const simulator = await stage.simulator({ timeScale: 0.2, ...options });
  simulator.addSession(SESSION, { contactId: 'caller' });
  const injector = stage.injector(
    simulator,
    { api: 'agent-session', pauses: true, ...config },
    { grant: 'password', ...simulator.accessKey },
  );
  const events = [];
  injector.registerCTIMonitor((event) => void events.push(event));
  const following = injector.followSession(SESSION);
  const press = (dtmfString, more) =>
    injector.injectDTMF({ sessionId: SESSION, contactId: 'caller', dtmfString, ...more });
  const told = (status, contactId = 'caller') =>
    until(
      () => events.some((event) => event.contactId === contactId && event.status === status),
      `${contactId} ${status}`,
    );
  await told('Active');
  return { simulator, injector, events, following, press, told };
}

const heard = (simulator) => simulator.digits(SESSION);

test.each([
  ['hangs up', (simulator) => simulator.moveContact('caller', 'disconnected')],
  ['goes into wrap-up', (simulator) => simulator.moveContact('caller', 'wrap-up')],
  ['is transferred', (simulator) => simulator.transferContact('caller')],
])('what waits for a contact that %s is not pressed into the next call', async (_, move) => {
  const { simulator, press } = await followed();
  await press('1234');
  const waiting = [failure(press('40815162')), failure(press('5'))];
  move(simulator);
  simulator.addContact(SESSION, { contactId: 'next-caller' });
  for (const error of await Promise.all(waiting)) {
    expect(error).toMatchObject({ code: 'ERR_DTMF_CALL_ENDED', delivery: 'not-sent' });
  }
  expect(await failure(press('6'))).toMatchObject({ code: 'ERR_DTMF_CALL_ENDED', delivery: 'not-sent' });
  await press('7', { contactId: 'next-caller' });
  expect(heard(simulator)).toEqual(['1234', '7']);
});

test('a contact on hold gets nothing, unless it is brought into focus first', async () => {
  const { simulator, press, told } = await followed();
  simulator.addContact(SESSION, { contactId: 'other' });
  await told('Holding');
  expect(await failure(press('12'))).toMatchObject({
    code: 'ERR_DTMF_NOT_IN_FOCUS',
    delivery: 'not-sent',
    message: expect.stringContaining('focus: true'),
  });
  expect(heard(simulator)).toEqual([]);
  await press('34', { focus: true });
  expect(simulator.contacts(SESSION)).toMatchObject([
    { contactId: 'other', inFocus: false },
    { contactId: 'caller', inFocus: true },
  ]);
  expect(heard(simulator)).toEqual(['34']);
});

test('a sequence stops midway, and says how far it came', async () => {
  const { simulator, press } = await followed();
  const pressing = failure(press('12WWWWWWWWWWWWWWWWWWWW34'));
  await until(() => heard(simulator).length === 1, 'the first digits');
  simulator.moveContact('caller', 'disconnected');
  expect(await pressing).toMatchObject({ delivery: 'unknown', digitsAccepted: 2 });
  expect(heard(simulator)).toEqual(['12']);
});

test('digits for a contact of which nothing was told wait, and fail unsent', async () => {
  const { simulator, press, told } = await followed({}, { lockTimeoutMs: 200 });
  simulator.moveContact('caller', 'disconnected');
  await told('Disconnected');
  const error = await failure(press('1', { contactId: 'who' }));
  expect(error).toMatchObject({ code: 'ERR_DTMF_NOT_IN_FOCUS', delivery: 'not-sent' });
  expect(heard(simulator)).toEqual([]);
});

test('requireContact makes digits for whoever is in focus an error', async () => {
  const { injector, press } = await followed({}, { requireContact: true });
  await press('1');
  const anybody = failure(injector.injectDTMF({ sessionId: SESSION, dtmfString: '1' }));
  expect(await anybody).toMatchObject({
    code: 'ERR_DTMF_INVALID',
    message: expect.stringMatching(/^contactId is missing, and requireContact is set/),
  });
  const elsewhere = { sessionId: 'session-2', contactId: 'caller', dtmfString: '1' };
  expect(await failure(injector.injectDTMF(elsewhere))).toMatchObject({
    code: 'ERR_DTMF_INVALID',
    message: expect.stringMatching(/^the session is not followed, and requireContact is set/),
  });
});

describe('a masked recording', () => {
  test('is confirmed before the first digit', async () => {
    const { simulator, press } = await followed({ maskDelayMs: 100 });
    await press('12', { maskRecording: true });
    expect(simulator.executions()).toMatchObject([{ digits: '12', masked: true }]);
    await until(() => simulator.masks('caller').length === 2, 'the unmasking');
    expect(simulator.isMasked('caller')).toBe(false);
  });

  test('that is never confirmed keeps the digits here, and is cleared', async () => {
    const { simulator, press } = await followed({ confirmMasks: true }, { maskTimeoutMs: 200 });
    expect(await failure(press('12', { maskRecording: true }))).toMatchObject({
      code: 'ERR_DTMF_MASK',
      delivery: 'not-sent',
      message: expect.stringContaining('maskTimeoutMs'),
    });
    expect(heard(simulator)).toEqual([]);
    const unmasks = () => simulator.requests().filter(({ path }) => path.endsWith('/unmask'));
    await until(() => unmasks().length === 1, 'the unmasking');
  });

  test('needs a session that can, and one that is followed', async () => {
    const { simulator, injector, press, following } = await followed({ canMask: false });
    expect(await failure(press('12', { maskRecording: true }))).toMatchObject({
      code: 'ERR_DTMF_MASK',
      message: expect.stringContaining('CanMask'),
    });
    following();
    await until(() => injector.metrics().sessions.length === 0, 'the end of the following');
    expect(await failure(press('12', { maskRecording: true }))).toMatchObject({
      code: 'ERR_DTMF_INVALID',
      message: expect.stringContaining('call followSession first'),
    });
    expect(heard(simulator)).toEqual([]);
  });
});

test('old and new ids are one queue, and the newest is asked for', async () => {
  const { simulator, injector, press } = await followed({ oldSessionIds: 'refused' });
  const [{ newestSessionIds }] = simulator.sessions();
  const [newest] = newestSessionIds;
  expect(newest).not.toBe(SESSION);
  const order = await Promise.all([press('1'), press('2', { sessionId: newest }), press('3')]);
  expect(order.map(({ audit }) => audit.callId)).toEqual([SESSION, newest, SESSION]);
  expect(heard(simulator)).toEqual(['1', '2', '3']);
  expect(simulator.stats().overlaps).toBe(0);
  expect(injector.metrics().sessions).toMatchObject([
    { sessionId: SESSION, heard: true, canMask: true, contacts: [{ contactId: 'caller', inFocus: true }] },
  ]);
});
