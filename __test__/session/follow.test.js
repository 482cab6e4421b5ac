'use strict';

// `followSession`: nothing waits for a session that has ended.

const { newBench, settle, thrown, until } = require('../support/bench');
const { runProgram } = require('../support/program');

const bench = newBench();
const PRESS = { sessionId: 'session-1', dtmfString: '7' };
const END = { status: 200, body: { sessionId: 'session-1', events: [{ Type: 'AgentSessionEnd' }] } };
let platform;
let injector;
let lines;

beforeEach(async () => {
  platform = await bench.platform();
  lines = [];
  const take = (message) => void lines.push(message);
  const logger = { info: take, warn: take, error: take };
  injector = bench.injector(platform, { api: 'agent-session', playout: 'none', logger });
});

const polls = () => platform.of('events');

test.each([
  ['an event says so', END],
  ['409', { status: 409 }],
  ['404', { status: 404 }],
])('whoever waits is sent away when %s', async (_, step) => {
  platform.answerEvents({ status: 304 }, { hold: true, ...step });
  const lock = await injector.acquireChannelLock('session-1');
  injector.followSession('session-1');
  const waiting = settle(injector.injectDTMF(PRESS));
  const other = settle(injector.injectDTMF({ ...PRESS, sessionId: 'session-2' }));
  await until(() => polls().length === 2);
  expect(polls()[1]).toMatchObject({
    method: 'GET',
    path: '/InContactAPI/services/v23.0/agent-sessions/session-1/get-next-event?timeout=60',
    body: '',
  });
  platform.release();
  expect((await waiting).error).toMatchObject({
    code: 'ERR_DTMF_CALL_ENDED',
    delivery: 'not-sent',
    attempts: 0,
    audit: { callId: 'session-1', delivery: 'not-sent' },
  });
  expect(await other).toMatchObject({ ok: true });
  await until(() => lines.includes('Session ended'), 'the line');
  await lock.release();
  expect(platform.injections('session-1')).toHaveLength(0);
});

test('each poll has the id that the answer before it gave', async () => {
  const renewed = (sessionId) => ({ status: 200, body: { sessionId, events: [] } });
  const END_ELSEWHERE = { status: 200, body: { events: [{ Type: 'RemoteAgentSessionEnd' }] } };
  platform.answerEvents(renewed('session-2'), { status: 304 }, renewed('../session'), END_ELSEWHERE);
  injector.followSession('session-1');
  await until(() => lines.includes('Session ended'), 'the end');
  const ids = polls().map(({ path }) => /agent-sessions\/([^/]+)\//.exec(path)[1]);
  expect(ids).toEqual(['session-1', 'session-2', 'session-2', 'session-2']);
});

test('304 and other events keep it listening', async () => {
  platform.answerEvents({ status: 304 }, { status: 200, body: { events: [{ Type: 'Mute' }] } });
  injector.followSession('session-1');
  await until(() => polls().length === 3, 'the third poll');
  await expect(injector.injectDTMF(PRESS)).resolves.toMatchObject({ success: true });
  expect(lines).not.toContain('Session ended');
});

test('trouble is logged once and asked again', async () => {
  platform.answerEvents({ status: 500 }, { status: 500 });
  injector.followSession('session-1');
  await until(() => polls().length === 3, 'the third poll');
  expect(lines.filter((line) => line.startsWith('The events of the session cannot be heard'))).toHaveLength(
    1,
  );
});

test.each([
  ['its own end', (stop) => stop()],
  ['close', () => injector.close()],
])('%s ends it', async (_, end) => {
  const stop = injector.followSession('session-1');
  await until(() => polls().length === 1);
  await end(stop);
  stop();
  await until(() => polls()[0].closedEarly, 'the end of the poll');
  expect(polls()).toHaveLength(1);
});

test('it does not keep a program alive', async () => {
  const ended = await runProgram(
    `
    const { CXoneAuthClient, DtmfInjector } = require('cxone-dtmf');
    const auth = new CXoneAuthClient({ ...JSON.parse(process.env.CREDENTIALS), logger: false });
    const config = { apiUrl: process.env.URL, api: 'agent-session', logger: false };
    new DtmfInjector(auth, config).followSession('session-1');
    // Something else keeps the program alive until the platform has been asked.
    process.stdin.resume();
    `,
    {
      env: { URL: platform.url, CREDENTIALS: JSON.stringify(platform.credentials) },
      async during(child) {
        await until(() => polls().length === 1, 'the poll');
        child.stdin.end();
      },
    },
  );
  expect(ended).toMatchObject({ code: 0, signal: null, stderr: '' });
  expect(polls()).toHaveLength(1);
});

test('what cannot be followed is refused', async () => {
  for (const id of [undefined, 7, '', '../x']) {
    expect(thrown(() => injector.followSession(id))).toMatchObject({ code: 'ERR_DTMF_INVALID' });
  }
  const tutorial = bench.injector(platform, { api: 'telephony-v2', playout: undefined });
  expect(thrown(() => tutorial.followSession('session-1'))).toMatchObject({ code: 'ERR_DTMF_INVALID' });
  await injector.close();
  expect(thrown(() => injector.followSession('session-1'))).toMatchObject({ code: 'ERR_DTMF_CLOSED' });
  expect(polls()).toHaveLength(0);
});
