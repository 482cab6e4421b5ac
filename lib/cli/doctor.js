'use strict';

const local = require('./checks.js');
const { DIGIT_OPTIONS } = require('./digits.js');
const { EXIT } = require('./exit-codes.js');
const { redis } = require('./fleet-check.js');
const network = require('./network-checks.js');
const { SCHEMA_VERSION } = require('./output.js');
const sessions = require('./session-checks.js');
const settings = require('./settings.js');

const help = `Usage: cxone-dtmf doctor [options]

Checks whether this machine can press digits, without pressing any: Node.js, the addon, the settings, whether NICE
publishes what they name, proxy and certificates, the two hosts, the token and its scopes, the clock, the Redis of a fleet,
and of agent sessions the discovered address, the versions that answer, and the session that --session names.

${settings.SETTINGS_HELP}

Options:
  --press          press one digit into the session of --session, in each of the two encodings. It comes from standard
                   input or a prompt, as with inject, and goes to --contact, else to whoever is in focus
  --digits-stdin   read it from standard input, and never ask for it
  --json           an array of the checks on standard output

--session is listened to for ${sessions.LISTEN_MS / 1000} s: another program that polls it under the same id misses what comes meanwhile.
CXONE_SESSION_ID alone is not listened to.

Each line begins with ✓ fine, ✗ broken, ! worth a look, or – not checked. The telephony API gets one HEAD request
to its base address, without a token; the token endpoint gets one token request. The API of sessions is asked for the
business unit, once in each version. Redis gives one lease on a call that does not exist, and takes it back.

Exit codes: 0 nothing is broken, else that of the first ✗: 1 Node.js or addon, 2 settings, proxy or
certificates, 4 token or scopes, 5 the session is not there or took no digit, 7 a host or Redis does not answer as it
should, 8 it is not known whether a digit was pressed.

Examples:
  cxone-dtmf doctor
  cxone-dtmf doctor --session 1234 --contact 5678
  cxone-dtmf doctor --session 1234 --press < one-digit.txt
`;

/** @type {import('./arguments.js').OptionSpecs} */
const options = { ...settings.SETTING_OPTIONS, ...DIGIT_OPTIONS, press: { type: 'boolean' } };

/** @typedef {(patient: local.Patient) => local.Finding | Promise<local.Finding>} Check */

/** Those of sessions are left out where a call is meant. @type {readonly { name: string, title: string, check: Check, ofSessions?: true }[]} */
const CHECKS = [
  { name: 'node', title: 'Node.js', check: local.node },
  { name: 'addon', title: 'Addon', check: local.addon },
  { name: 'settings', title: 'Settings', check: local.wellFormed },
  { name: 'published', title: 'Published API', check: local.published },
  { name: 'proxy', title: 'Proxy', check: local.proxy },
  { name: 'roots', title: 'Trusted roots', check: local.roots },
  { name: 'auth-host', title: 'Auth host', check: network.authHost },
  { name: 'token', title: 'Token', check: network.token },
  { name: 'scope', title: 'Scopes', check: network.scope },
  { name: 'api-host', title: 'API host', check: network.apiHost },
  // After them, since it compares the clocks of both hosts.
  { name: 'clock', title: 'Clock', check: network.clock },
  { name: 'redis', title: 'Redis', check: redis },
  { name: 'discovery', title: 'Discovery', check: sessions.discovery, ofSessions: true },
  { name: 'versions', title: 'API versions', check: sessions.versions, ofSessions: true },
  { name: 'session', title: 'Session', check: sessions.session, ofSessions: true },
  { name: 'pollers', title: 'Other pollers', check: sessions.pollers, ofSessions: true },
  { name: 'mask', title: 'Masking', check: sessions.mask, ofSessions: true },
  { name: 'contact', title: 'Contact', check: sessions.contact, ofSessions: true },
  { name: 'press', title: 'Press', check: sessions.press, ofSessions: true },
];

const WIDTH = Math.max(...CHECKS.map(({ title }) => title.length)) + 2;

/**
 * @param {import('./main.js').Context} context
 * @returns {Promise<number>}
 */
async function run({ values, env, stdin, signal, output, stderr }) {
  /** @type {local.Patient} */
  const patient = { values, env, signal, nodeVersion: process.versions.node, clocks: [] };
  if (values.press) patient.digit = await sessions.readDigit({ values, stdin, stderr, signal });
  // Checks of hosts may take seconds; the line that says so goes away again.
  const moving = Boolean(stderr.isTTY) && !output.plain && !output.json;
  const report = [];
  try {
    for (const { name, title, check, ofSessions } of CHECKS) {
      if (ofSessions && patient.settings?.api !== 'agent-session') continue;
      if (moving) stderr.write(`…  ${title}`);
      let finding;
      try {
        finding = await check(patient);
      } finally {
        if (moving) stderr.write('\r\x1b[2K');
      }
      signal.throwIfAborted();
      if (!output.json) for (const line of lines(output, title, finding)) output.print(line);
      report.push(row(name, finding));
    }
  } finally {
    await patient.watch?.end();
  }
  if (output.json) output.data(report);
  return report.find(({ status }) => status === 'failed')?.exitCode ?? EXIT.OK;
}

/**
 * @param {string} name
 * @param {local.Finding} finding
 */
function row(name, { status, message, advice, exitCode }) {
  return {
    schemaVersion: SCHEMA_VERSION,
    check: name,
    status,
    message,
    ...(advice && { advice }),
    ...(exitCode !== undefined && { exitCode }),
  };
}

/** @type {Record<local.Finding['status'], ['green' | 'red' | 'yellow' | 'dim', string]>} */
const MARKS = {
  ok: ['green', '✓'],
  failed: ['red', '✗'],
  warning: ['yellow', '!'],
  skipped: ['dim', '–'],
};

/**
 * @param {import('./output.js').Output} output
 * @param {string} title
 * @param {local.Finding} finding
 */
function lines(output, title, { status, message, advice }) {
  const mark = output.paint(...MARKS[status]);
  // What comes from outside never begins a line.
  const below = (/** @type {string} */ text) => `  ${' '.repeat(WIDTH)}${text}`;
  const [first, ...more] = message.split('\n');
  const advised = (advice?.split('\n') ?? []).map((text) => `→ ${text}`);
  return [`${mark} ${title.padEnd(WIDTH)}${first}`, ...[...more, ...advised].map(below)];
}

module.exports = {
  name: 'doctor',
  summary: 'check settings, hosts, token and clock',
  help,
  options,
  run,
};
