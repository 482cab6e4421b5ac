'use strict';

const local = require('./checks.js');
const { EXIT } = require('./exit-codes.js');
const { redis } = require('./fleet-check.js');
const network = require('./network-checks.js');
const { SCHEMA_VERSION } = require('./output.js');
const settings = require('./settings.js');

const help = `Usage: cxone-dtmf doctor [options]

Checks whether this machine can press digits, without pressing any: Node.js, the addon, the settings, whether NICE
publishes what they name, proxy and certificates, the two hosts, the token and its scopes, the clock, and the Redis of a fleet.

${settings.SETTINGS_HELP}

Options:
  --json   an array of the checks on standard output

Each line begins with ✓ fine, ✗ broken, ! worth a look, or – not checked. The telephony API gets one HEAD request
to its base address, without a token; the token endpoint gets one token request. An address that has to be
discovered is not checked. Redis gives one lease on a call that does not exist, and takes it back.

Exit codes: 0 nothing is broken, else that of the first ✗: 1 Node.js or addon, 2 settings, proxy or
certificates, 4 token or scopes, 7 a host or Redis does not answer as it should.

Example:
  cxone-dtmf doctor
`;

/** @type {readonly { name: string, title: string, check: (patient: local.Patient) => local.Finding | Promise<local.Finding> }[]} */
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
];

const WIDTH = Math.max(...CHECKS.map(({ title }) => title.length)) + 2;

/**
 * @param {import('./main.js').Context} context
 * @returns {Promise<number>}
 */
async function run({ values, env, signal, output, stderr }) {
  /** @type {local.Patient} */
  const patient = { values, env, signal, nodeVersion: process.versions.node, clocks: [] };
  // Checks of hosts may take seconds; the line that says so goes away again.
  const moving = Boolean(stderr.isTTY) && !output.plain && !output.json;
  const report = [];
  for (const { name, title, check } of CHECKS) {
    if (moving) stderr.write(`…  ${title}`);
    let finding;
    try {
      finding = await check(patient);
    } finally {
      if (moving) stderr.write('\r\x1b[2K');
    }
    signal.throwIfAborted();
    if (!output.json) for (const line of lines(output, title, finding)) output.print(line);
    const { status, message, advice, exitCode } = finding;
    report.push({
      schemaVersion: SCHEMA_VERSION,
      check: name,
      status,
      message,
      ...(advice && { advice }),
      ...(exitCode !== undefined && { exitCode }),
    });
  }
  if (output.json) output.data(report);
  return report.find(({ status }) => status === 'failed')?.exitCode ?? EXIT.OK;
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
  const advised = advice ? advice.split('\n').map((text) => `  ${' '.repeat(WIDTH)}→ ${text}`) : [];
  return [`${mark} ${title.padEnd(WIDTH)}${message}`, ...advised];
}

module.exports = {
  name: 'doctor',
  summary: 'check settings, hosts, token and clock',
  help,
  options: settings.SETTING_OPTIONS,
  run,
};
