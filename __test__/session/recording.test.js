'use strict';

// `maskRecording`: masked before the first digit, unmasked after the last, whatever became of them.

const { newBench, QUICK_RETRY, settle, failure, until } = require('../support/bench');
const { runProgram } = require('../support/program');

const bench = newBench();
// One short tone, so that its playout is 350 ms with the guard.
const PRESS = {
  sessionId: 'session-1',
  contactId: 'contact-1',
  dtmfString: '7',
  toneDuration: 50,
  interDigitPause: 50,
  maskRecording: true,
  unguarded: true,
};
const BELOW = '/InContactAPI/services/v23.0';
const MASK = `${BELOW}/agent-sessions/session-1/interactions/contact-1/mask`;
const SEND = `${BELOW}/agent-sessions/session-1/send-dtmf`;
const UNMASK = `${BELOW}/agent-sessions/session-1/interactions/contact-1/unmask`;

let platform;
let injector;
let lines;

beforeEach(async () => {
  platform = await bench.platform();
  lines = [];
  const take = (...args) => void lines.push(args);
  const logger = { info: take, warn: take, error: take };
  injector = bench.injector(platform, { api: 'agent-session', retry: QUICK_RETRY, logger });
});

const paths = () => platform.requests.filter(({ kind }) => kind !== 'token').map(({ path }) => path);
const unmasked = () => until(() => platform.of('unmask').some((r) => r.status === 200), 'the unmasking');

test('the promise does not wait for the unmasking, which waits for the tones', async () => {
  // Long enough for a busy machine to see the promise settle before.
  const result = await injector.injectDTMF({ ...PRESS, toneDuration: 1700 });
  expect(platform.of('unmask')).toHaveLength(0);
  expect(result).toMatchObject({ playoutMs: 2000, audit: { maskRecording: true, contactId: 'contact-1' } });
  await unmasked();
  expect(paths()).toEqual([MASK, SEND, UNMASK]);
  const [{ at }] = platform.of('unmask');
  expect(at - platform.injections()[0].answeredAt).toBeGreaterThanOrEqual(1999);
  for (const request of [...platform.of('mask'), ...platform.of('unmask')]) {
    expect(request).toMatchObject({ method: 'POST', body: '' });
    expect(request.headers).toMatchObject({ 'content-length': '0', authorization: 'Bearer token-canary-1' });
  }
});

test.each([
  ['refused', { status: 404 }, 'refused'],
  ['unknown', { status: 502 }, 'unknown'],
])('also when the digits are %s', async (_, step, delivery) => {
  platform.answer(step);
  expect(await failure(injector.injectDTMF(PRESS))).toMatchObject({ delivery });
  await unmasked();
  expect(paths()).toEqual([MASK, SEND, UNMASK]);
});

test('also when the caller gives up in flight', async () => {
  platform.answer({ hold: true });
  const controller = new AbortController();
  const outcome = settle(injector.injectDTMF(PRESS, { signal: controller.signal }));
  await until(() => platform.injections().length === 1);
  controller.abort();
  expect((await outcome).error).toMatchObject({ code: 'ABORT_ERR', delivery: 'unknown' });
  await unmasked();
});

test('close waits for it', async () => {
  await injector.injectDTMF(PRESS);
  await injector.close();
  expect(paths()).toEqual([MASK, SEND, UNMASK]);
});

test('who comes next is masked anew, after the unmasking', async () => {
  await Promise.all([injector.injectDTMF(PRESS), injector.injectDTMF(PRESS)]);
  await until(() => platform.of('unmask').length === 2, 'the second unmasking');
  expect(paths()).toEqual([MASK, SEND, UNMASK, MASK, SEND, UNMASK]);
});

test('a program whose main has ended unmasks before it exits', async () => {
  const ended = await runProgram(
    `
    const { CXoneAuthClient, DtmfInjector } = require('cxone-dtmf');
    const auth = new CXoneAuthClient({ ...JSON.parse(process.env.CREDENTIALS), logger: false });
    const config = { apiUrl: process.env.URL, api: 'agent-session', logger: false };
    const injector = new DtmfInjector(auth, config);
    injector.injectDTMF(JSON.parse(process.env.PARAMS)).then(() => console.log('done'));
    `,
    {
      env: {
        URL: platform.url,
        CREDENTIALS: JSON.stringify(platform.credentials),
        PARAMS: JSON.stringify(PRESS),
      },
    },
  );
  expect(ended).toMatchObject({ code: 0, stdout: 'done\n', stderr: '' });
  expect(paths()).toEqual([MASK, SEND, UNMASK]);
});

test('a recording that cannot be masked keeps the digits here', async () => {
  platform.answerMask({ status: 403, body: { error_description: 'recording not allowed' } });
  expect(await failure(injector.injectDTMF(PRESS))).toMatchObject({
    code: 'ERR_DTMF_MASK',
    delivery: 'not-sent',
    attempts: 0,
    response: { status: 403, reason: 'recording not allowed' },
  });
  await injector.close();
  expect(paths()).toEqual([MASK]);
});

test('a mask of unknown outcome is unmasked, and no digit sent', async () => {
  platform.usualMask = { status: 500 };
  expect(await failure(injector.injectDTMF(PRESS))).toMatchObject({
    code: 'ERR_DTMF_MASK',
    delivery: 'not-sent',
  });
  await injector.close();
  expect(paths()).toEqual([MASK, MASK, MASK, UNMASK]);
});

test('an unmasking that fails is logged and counted, and the result stands', async () => {
  platform.answerUnmask({ status: 403 });
  await expect(injector.injectDTMF(PRESS)).resolves.toMatchObject({ success: true });
  await until(() => injector.metrics().unmaskFailures === 1, 'the count');
  await until(() => lines.some(([message]) => message === 'Recording could not be unmasked'), 'the line');
  expect(lines.at(-1)[1]).toMatchObject({ callId: 'session-1', errorMessage: expect.any(String) });
});

test('an unmasking that meets trouble is asked for again', async () => {
  platform.answerUnmask({ status: 503 }, { drop: 'after' });
  await injector.injectDTMF(PRESS);
  await injector.close();
  // One was lost: when it has had time to be carried out, the recording is unmasked once more.
  expect(paths()).toEqual([MASK, SEND, UNMASK, UNMASK, UNMASK, UNMASK]);
  expect(injector.metrics().unmaskFailures).toBe(0);
});
