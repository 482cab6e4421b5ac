'use strict';

// npm run soak -- [--injections 1000000] [--json] [--fleet]
// Memory over many injections, behaviour under overload, and ends in the middle of everything.

const { spawn } = require('node:child_process');
const path = require('node:path');
const { parseArgs } = require('node:util');

const HELP = `npm run soak -- [options]

Runs three programs of scripts/soak one after the other and prints what they found.

  --injections <n>  for the memory test; default 1000000
  --fleet           a fleet instead: eight processes on Redis, with a kill and a failover or a moved slot every ten seconds
  --json            one JSON object on standard output
  --help            this text
`;

/**
 * @param {string} name
 * @param {string[]} args
 * @returns {Promise<Record<string, unknown>>}
 */
function run(name, args) {
  const file = path.join(__dirname, 'soak', `${name}.js`);
  const child = spawn(process.execPath, ['--expose-gc', file, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let report = '';
  child.stdout.setEncoding('utf8').on('data', (text) => (report += text));
  child.stderr.setEncoding('utf8').on('data', (text) => {
    for (const line of text.split('\n')) showProgress(name, line);
  });
  return new Promise((resolve, reject) => {
    child.once('close', (code) => {
      if (code === 0) resolve(JSON.parse(report));
      else reject(new Error(`${name} ended with code ${code}`));
    });
  });
}

/** @param {string} name @param {string} line */
function showProgress(name, line) {
  if (!line.startsWith('{"progress"')) {
    if (line) process.stderr.write(`${line}\n`);
    return;
  }
  const { done, all } = JSON.parse(line);
  const text = `${name}: ${done.toLocaleString('en')} of ${all.toLocaleString('en')}`;
  const live = process.stderr.isTTY && !process.env.CI;
  process.stderr.write(live ? `\r${text}${done >= all ? '\n' : ''}` : `${text}\n`);
}

/**
 * The long test of the fleet mode, with as many injections.
 *
 * @param {string} injections
 * @returns {Promise<number>} its exit code
 */
function soakFleet(injections) {
  const jest = require('./lib/dependencies.js').tool(path.join(__dirname, '..'), 'jest');
  const child = spawn(process.execPath, [jest, 'fleet/soak', '--selectProjects', 'long'], {
    stdio: 'inherit',
    env: { ...process.env, CXONE_DTMF_SOAK_INJECTIONS: injections },
  });
  return new Promise((resolve) => child.once('close', (code) => resolve(code ?? 1)));
}

async function main() {
  const { values } = parseArgs({
    options: {
      injections: { type: 'string', default: '1000000' },
      fleet: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(HELP);
    return;
  }
  if (values.fleet) {
    process.exitCode = await soakFleet(values.injections);
    return;
  }
  /** @type {Record<string, Record<string, unknown>>} */
  const reports = {};
  for (const [name, args] of /** @type {[string, string[]][]} */ ([
    ['leak', [values.injections]],
    ['overload', []],
    ['endings', []],
  ])) {
    process.stderr.write(`${name} …\n`);
    reports[name] = await run(name, args);
    if (!values.json) process.stdout.write(`${name} ${JSON.stringify(reports[name], null, 2)}\n`);
  }
  if (values.json) process.stdout.write(`${JSON.stringify(reports)}\n`);
}

main().catch((error) => {
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
});
