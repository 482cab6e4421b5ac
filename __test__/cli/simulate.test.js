'use strict';

const net = require('node:net');
const { setTimeout: delay } = require('node:timers/promises');

const { until } = require('../support/bench');
const { command, environment, sessionEnvironment, DIGITS } = require('./command');

jest.setTimeout(120_000);

/** Runs the simulator while something is done with it; `end` says how it is stopped. */
function simulate(args, use, end = (child) => child.kill('SIGINT')) {
  return command(['simulate', '--json', ...args], {
    stdin: null,
    during: async (child, seen) => {
      await until(() => seen().includes('\n'), 'the line of the simulator');
      await use(JSON.parse(seen()), child);
      end(child);
    },
  });
}

test('one line of JSON, credentials that work, a summary without digits', async () => {
  let told;
  const ended = await simulate([], async (line, child) => {
    told = line;
    expect(line).toMatchObject({ schemaVersion: 1, pid: child.pid, url: `http://127.0.0.1:${line.port}` });
    for (let n = 0; n < 2; n++) {
      const { code } = await command(['inject'], { env: environment(line), stdin: DIGITS });
      expect(code).toBe(0);
    }
  });
  expect(ended).toMatchObject({ code: 0, signal: null });
  expect(ended.stdout).toBe(`${JSON.stringify(told)}\n`);
  expect(ended.stderr).toContain('4 requests, 2 of them for tokens; 2 executions, 0 overlaps');
});

test('SIGTERM and, when asked for, the end of standard input stop it: 0', async () => {
  const nothing = () => {};
  const terminated = await simulate([], nothing, (child) => child.kill('SIGTERM'));
  expect(terminated).toMatchObject({ code: 0, signal: null });
  const deserted = await simulate(['--until-stdin-ends'], nothing, (child) => child.stdin.end());
  expect(deserted).toMatchObject({ code: 0, signal: null });
});

test('it outlives standard input otherwise', async () => {
  await simulate([], async ({ url }, child) => {
    child.stdin.end();
    await delay(500);
    expect(child.exitCode).toBeNull();
    expect((await fetch(url)).status).toBe(404);
  });
});

test('calls, every call, and the rate limit', async () => {
  const into = async (line, callId) => {
    const env = environment(line, { CXONE_CALL_ID: callId });
    return (await command(['inject', '--quiet', '--attempts', '1'], { env, stdin: DIGITS })).code;
  };
  await simulate(['--call', 'call-a', '--call', 'call-b', '--rate-limit', '3'], async (line) => {
    expect(await into(line, 'call-a')).toBe(0);
    expect(await into(line, 'call-b')).toBe(0);
    expect(await into(line, 'call-1')).toBe(5);
    expect(await into(line, 'call-a')).toBe(6);
  });
  await simulate(['--auto-calls'], async (line) => {
    expect(await into(line, 'call-of-nobody')).toBe(0);
  });
});

test('sessions, each with a contact of its own, and an access key that opens them', async () => {
  const into = async (line, { sessionId, contactId }, ...more) => {
    const env = sessionEnvironment(line, { CXONE_SESSION_ID: sessionId, CXONE_CONTACT_ID: contactId });
    const args = ['inject', '--quiet', '--mask-recording', '--tone', '50', '--pause', '50', ...more];
    return (await command(args, { env, stdin: '1' })).code;
  };
  await simulate(['--session', 'session-a', '--session', 'session-b'], async (line) => {
    expect(line.sessions).toEqual([
      { sessionId: 'session-a', contactId: 'contact-1' },
      { sessionId: 'session-b', contactId: 'contact-2' },
    ]);
    expect(await Promise.all(line.sessions.map((session) => into(line, session)))).toEqual([0, 0]);
    expect(await into(line, { sessionId: 'session-1', contactId: 'contact-1' }, '--unguarded')).toBe(5);
  });
  await simulate(['--auto-calls'], async (line) => {
    expect(line.sessions).toEqual([]);
    // Every contact is there, and none is told of.
    expect(await into(line, { sessionId: 'of-nobody', contactId: 'of-nobody' }, '--unguarded')).toBe(0);
  });
});

test('--time-scale lets tones take time', async () => {
  await simulate(['--time-scale', '0.5'], async (line) => {
    const ended = await command(['inject', '--json'], { env: environment(line), stdin: DIGITS });
    // Ten digits of 100 ms and a pause of 100 ms each, at half the time.
    expect(JSON.parse(ended.stdout).audit.attemptMs).toBeGreaterThanOrEqual(990);
  });
});

test('for people: lines to copy, for either API', async () => {
  const ended = await command(['simulate', '--call', "it's"], {
    stdin: null,
    during: async (child, seen) => {
      await until(() => seen().includes('CXONE_CONTACT_ID'), 'the introduction');
      child.kill('SIGINT');
    },
  });
  expect(ended.code).toBe(0);
  const quoted = process.platform === 'win32' ? "'it''s'" : "'it'\\''s'";
  const [tutorial, published] = ended.stdout.split('Or for the API that NICE publishes:');
  for (const text of ['CXONE_API_URL', 'CXONE_CLIENT_SECRET', 'telephony-v2', quoted, 'cxone-dtmf inject']) {
    expect(tutorial).toContain(text);
  }
  for (const text of ['CXONE_ACCESS_KEY_SECRET', 'agent-session', 'discover', 'session-1', 'contact-1']) {
    expect(published).toContain(text);
  }
});

test('a port that is taken: 2', async () => {
  const server = net.createServer();
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const ended = await command(['simulate', '--port', String(server.address().port)]);
  expect(ended.code).toBe(2);
  expect(ended.stderr).toContain('The port is taken');
  await new Promise((resolve) => server.close(resolve));
});
