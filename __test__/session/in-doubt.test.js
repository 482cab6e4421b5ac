'use strict';

// Digits in doubt in a session: those of one contact say nothing of the next, and the end of the session ends all.

const { newBench, failure, until } = require('../support/bench');

const bench = newBench();
let platform;
let injector;

beforeEach(async () => {
  platform = await bench.platform();
  const config = { api: 'agent-session', playout: 'none', pauses: true, afterUnknown: 'block' };
  injector = bench.injector(platform, config);
});

const press = (dtmfString, contactId) =>
  injector.injectDTMF({ sessionId: 'session-1', dtmfString, ...(contactId && { contactId }) });

async function lose(dtmfString, contactId) {
  platform.answer({ drop: 'after' });
  return (await failure(press(dtmfString, contactId))).audit.injectionId;
}

const blocked = { code: 'ERR_DTMF_AFTER_UNKNOWN', delivery: 'not-sent' };

test('the contact takes nothing more, and the next one does', async () => {
  const first = await lose('12', 'contact-1');
  expect(await failure(press('12', 'contact-1'))).toMatchObject({ repeatOf: first });
  expect(await failure(press('3', 'contact-1'))).toMatchObject(blocked);
  // Without a contact they may reach either.
  expect(await failure(press('12'))).toMatchObject({ repeatOf: first });
  expect(await failure(press('3'))).toMatchObject(blocked);
  await press('12', 'contact-2');
  expect(injector.metrics().inDoubt).toMatchObject([{ callId: 'session-1', contactId: 'contact-1' }]);
  expect(await injector.resolve('contact-2', 'pressed')).toBe(false);
  expect(await injector.resolve('contact-1', 'pressed')).toBe(true);
  await press('12', 'contact-1');
});

test('without a contact the session takes nothing more', async () => {
  await lose('12');
  expect(await failure(press('3', 'contact-1'))).toMatchObject(blocked);
  expect(await injector.resolve('session-1', 'not-pressed')).toBe(true);
  await press('12', 'contact-1');
});

test('pauses between the digits make no other digits', async () => {
  const first = await lose('1,2');
  expect(await failure(press('12'))).toMatchObject({ repeatOf: first });
});

test('the end of a followed session ends it', async () => {
  await lose('12', 'contact-1');
  platform.answerEvents({ status: 200, body: { events: [{ Type: 'AgentSessionEnd' }] } });
  injector.followSession('session-1');
  await until(() => injector.metrics().inDoubt.length === 0, 'the end of the session');
  await press('12');
});
