'use strict';

const { once } = require('node:events');
const { setInterval, clearInterval } = require('node:timers');
const { UsageError } = require('./usage-error.js');

const DEFAULT_CALL = 'call-1';
const DEFAULT_SESSION = 'session-1';

const help = `Usage: cxone-dtmf simulate [options]

Starts a stand-in for the platform on 127.0.0.1 and runs it until Ctrl-C. It knows tokens, calls, agent sessions,
playing tones, masked recordings and rate limits; a program that is pointed to it needs no account.

Options:
  --port <n>           the port; 0 takes a free one. Default: 0
  --call <id>          a call that exists; may be given several times. Default: ${DEFAULT_CALL}
  --session <id>       an agent session that exists; may be given several times. Default: ${DEFAULT_SESSION}
                       The contact of the first one is contact-1, that of the second contact-2
  --auto-calls         every call, session and contact exists
  --rate-limit <n>     DTMF requests that pass within 60 s; the others answer 429. Default: all
  --time-scale <x>     how long tones take compared with real time, 0 to 100. Default: 0, at once
  --journal <n>        how many requests and sequences are kept; 0 keeps none and only counts, which is the
                       fastest. Default: 100000
  --until-stdin-ends   stop when standard input ends, so that the simulator goes with the program that started it
  --json               print {"url":…,"port":…,"pid":…,"credentials":{…},"accessKey":{…},"sessions":[…]}
                       as one line

Exit codes: 0 stopped, 2 usage, or the port is taken.

Example:
  cxone-dtmf simulate --port 8080 --call call-1 --call call-2
`;

/** @type {import('./arguments.js').OptionSpecs} */
const options = {
  port: { type: 'string', whole: [0, 65_535] },
  call: { type: 'string', multiple: true },
  session: { type: 'string', multiple: true },
  'auto-calls': { type: 'boolean' },
  'rate-limit': { type: 'string', whole: [1, 1_000_000] },
  'time-scale': { type: 'string', number: [0, 100] },
  journal: { type: 'string', whole: [0, 10_000_000] },
  'until-stdin-ends': { type: 'boolean' },
};

/**
 * @param {import('./main.js').Context} context
 * @returns {Promise<number>}
 */
async function run({ values, stdin, output, signal, pid, platform }) {
  const calls = values.call ?? (values['auto-calls'] ? [] : [DEFAULT_CALL]);
  const sessions = sessionsOf(values.session ?? (values['auto-calls'] ? [] : [DEFAULT_SESSION]));
  const simulator = await start(values);
  for (const call of calls) simulator.addCall(call);
  for (const { sessionId, contactId } of sessions) simulator.addSession(sessionId, { contactId });
  const { url, port, credentials, accessKey } = simulator;
  const [session] = sessions.length > 0 ? sessions : sessionsOf([DEFAULT_SESSION]);
  output.result(introduction(simulator, { pid, platform, callId: calls[0] ?? DEFAULT_CALL, ...session }), {
    url,
    port,
    pid,
    credentials,
    accessKey,
    sessions,
  });
  await ended(signal, values['until-stdin-ends'] ? stdin : undefined);
  const { requests, tokenRequests, executions, overlaps } = simulator.stats();
  await simulator.stop();
  output.say(
    `Simulator stopped: ${requests} requests, ${tokenRequests} of them for tokens; ` +
      `${executions} executions, ${overlaps} overlaps`,
  );
  return 0;
}

/** @param {import('./arguments.js').Values} values */
async function start(values) {
  const { startSimulator } = require('../../simulator.js');
  try {
    return await startSimulator({
      port: values.port,
      autoCalls: values['auto-calls'],
      timeScale: values['time-scale'],
      journalLimit: values.journal,
      rateLimit: values['rate-limit'] && { perMinute: values['rate-limit'] },
    });
  } catch (error) {
    const { code } = /** @type {NodeJS.ErrnoException} */ (error);
    if (code === 'EADDRINUSE') {
      throw new UsageError('The port is taken', 'Choose another one, or --port 0 for a free one.');
    }
    if (code === 'EACCES') {
      throw new UsageError('This user may not listen on that port', 'Choose one above 1023, or --port 0.');
    }
    throw error;
  }
}

/** @param {readonly string[]} ids */
function sessionsOf(ids) {
  return ids.map((sessionId, n) => ({ sessionId, contactId: `contact-${n + 1}` }));
}

/**
 * Both blocks set grant and API, so that the one that was pasted last counts.
 * @param {import('../../simulator.js').Simulator} simulator
 * @param {{ pid: number, platform: NodeJS.Platform, callId: string, sessionId: string, contactId: string }} names
 */
function introduction({ url, credentials, accessKey }, { pid, platform, callId, sessionId, contactId }) {
  const assignment = (/** @type {[string, string]} */ [name, value]) =>
    platform === 'win32'
      ? `$env:${name} = '${value.replaceAll("'", "''")}'`
      : `export ${name}='${value.replaceAll("'", "'\\''")}'`;
  const lines = (/** @type {Record<string, string>} */ variables) => [
    ...Object.entries(variables).map((variable) => `  ${assignment(variable)}`),
    '  npx cxone-dtmf inject',
  ];
  return [
    `Simulator: ${url} (pid ${pid}). Ctrl-C stops it.`,
    '',
    "In another terminal, for the tutorial's API:",
    ...lines({
      CXONE_AUTH_URL: credentials.authUrl,
      CXONE_GRANT: 'client_credentials',
      CXONE_CLIENT_ID: credentials.clientId,
      CXONE_CLIENT_SECRET: credentials.clientSecret,
      CXONE_API: 'telephony-v2',
      CXONE_API_URL: credentials.apiUrl,
      CXONE_PROVIDER_ID: 'provider-1',
      CXONE_LINE_ID: 'line-1',
      CXONE_CALL_ID: callId,
    }),
    '',
    'Or for the API that NICE publishes:',
    ...lines({
      CXONE_AUTH_URL: accessKey.authUrl,
      CXONE_GRANT: 'access-key',
      CXONE_ACCESS_KEY_ID: accessKey.accessKeyId,
      CXONE_ACCESS_KEY_SECRET: accessKey.accessKeySecret,
      CXONE_API: 'agent-session',
      CXONE_API_URL: 'discover',
      CXONE_SESSION_ID: sessionId,
      CXONE_CONTACT_ID: contactId,
    }),
  ];
}

/**
 * The simulator runs on a thread of its own that does not keep the process alive, so a timer does.
 * @param {AbortSignal} signal
 * @param {NodeJS.ReadStream | undefined} stdin
 */
async function ended(signal, stdin) {
  const alive = setInterval(() => {}, 3_600_000);
  const ends = [aborted(signal)];
  if (stdin) {
    stdin.resume();
    // A terminal or pipe that breaks is an end as well.
    ends.push(
      once(stdin, 'close').catch(() => {}),
      once(stdin, 'end').catch(() => {}),
    );
  }
  await Promise.race(ends);
  clearInterval(alive);
  stdin?.destroy();
}

/**
 * @param {AbortSignal} signal
 * @returns {Promise<unknown>}
 */
function aborted(signal) {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(undefined);
    else signal.addEventListener('abort', resolve, { once: true });
  });
}

module.exports = { name: 'simulate', summary: 'run a stand-in for the platform', help, options, run };
