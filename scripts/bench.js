'use strict';

// `npm run bench`: this package beside what else a program could use, in one table. docs/performance.md says how.

const fs = require('node:fs');
const path = require('node:path');
const { parseArgs } = require('node:util');

const root = path.join(__dirname, '..');
require('./lib/requirements.js').demand(root);

const { CLIENTS, IN_FLIGHT, SCHEMES, cases, clientsOf } = require('./bench/cases.js');
const { ceiling, hasWrk } = require('./bench/ceiling.js');
const { judge } = require('./bench/goals.js');
const { machine } = require('./bench/machine.js');
const { startPlatform } = require('./bench/platform.js');
const { markdown } = require('./bench/report.js');
const { Results } = require('./bench/results.js');
const { run } = require('./bench/run.js');
const { buildRust } = require('./bench/rust.js');
const addon = require('./lib/addon.js');
const { Progress } = require('./lib/progress.js');
const { Steps } = require('./lib/steps.js');

const HELP = `npm run bench -- [options]

Measures this package beside ${Object.values(CLIENTS).slice(2).join(', ')}.

  --rounds <n>      how often each client runs; default 5
  --seconds <x>     how long it is measured each time; default 2
  --only <names>    clients, of ${Object.keys(CLIENTS).join(',')}; default all
  --schemes <names> of ${SCHEMES.join(',')}; default both
  --in-flight <n,…> default ${IN_FLIGHT.join(',')}
  --json            one JSON object on standard output
  --no-build        takes the addon as it is; else it is built when it is older than its sources
  --write           puts the tables into docs/performance.md
  --help            this text

Exit codes: 0 measured, 1 something failed, or the platforms did not carry out what was acknowledged, 2 usage.
`;

/** Connections are made and code is compiled before anything counts. In parts of what is measured, and at least. */
const WARM_UP = { part: 0.5, seconds: 0.3 };

const PAGE = path.join(root, 'docs', 'performance.md');
const PLACE = /(<!-- bench -->\n)[\s\S]*?(<!-- \/bench -->)/;

/** @typedef {import('./bench/cases.js').Scheme} Scheme */
/** @typedef {import('./bench/cases.js').ClientName} ClientName */

/**
 * @param {string[]} args
 */
function read(args) {
  const { values } = parseArgs({
    args,
    options: {
      rounds: { type: 'string', default: '5' },
      seconds: { type: 'string', default: '2' },
      only: { type: 'string', default: Object.keys(CLIENTS).join() },
      schemes: { type: 'string', default: SCHEMES.join() },
      'in-flight': { type: 'string', default: IN_FLIGHT.join() },
      json: { type: 'boolean', default: false },
      'no-build': { type: 'boolean', default: false },
      write: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  const some = (
    /** @type {string} */ name,
    /** @type {string} */ list,
    /** @type {readonly string[]} */ known,
  ) => {
    const words = list.split(',');
    const strange = words.find((word) => !known.includes(word));
    if (strange !== undefined) throw new RangeError(`--${name}: not one of ${known.join()}`);
    return known.filter((word) => words.includes(word));
  };
  const within = (/** @type {string} */ name, /** @type {string} */ text, /** @type {number} */ most) => {
    const value = Number(text);
    if (!(value > 0 && value <= most)) throw new RangeError(`--${name} must be above 0, at most ${most}`);
    return value;
  };
  return {
    rounds: Math.ceil(within('rounds', values.rounds, 1000)),
    seconds: within('seconds', values.seconds, 60),
    clients: /** @type {ClientName[]} */ (some('only', values.only, Object.keys(CLIENTS))),
    cases: cases(
      /** @type {Scheme[]} */ (some('schemes', values.schemes, SCHEMES)),
      values['in-flight'].split(',').map((text) => Math.ceil(within('in-flight', text, 4096))),
    ),
    json: values.json,
    build: !values['no-build'],
    write: values.write,
    help: values.help,
  };
}

/** @typedef {ReturnType<typeof read>} Options */

/**
 * Every round runs every client of every case once; the order changes from round to round.
 *
 * @param {Options} options
 * @param {Map<Scheme, import('./bench/platform.js').Platform>} platforms
 * @param {Steps} steps
 */
async function measureAll({ rounds, seconds, clients, cases: all }, platforms, steps) {
  const results = new Results();
  const runs = all.flatMap((one) => clientsOf(one, clients)).length;
  const progress = new Progress(steps, rounds * runs);
  let acknowledged = 0;
  for (let round = 0; round < rounds; round += 1) {
    for (const one of all) {
      const here = clientsOf(one, clients);
      for (const place of here.keys()) {
        const client = here[(round + place) % here.length];
        const platform = platforms.get(one.scheme);
        if (!platform) throw new Error(`there is no platform for ${one.scheme}`);
        progress.begin(`${one.scheme}, ${one.inFlight} in flight: ${CLIENTS[client]}`);
        const measured = await run({
          client,
          credentials: platform.credentials,
          caBundle: platform.caBundle,
          inFlight: one.inFlight,
          seconds,
          warmUpSeconds: Math.max(WARM_UP.seconds, seconds * WARM_UP.part),
        });
        acknowledged += measured.acknowledged;
        results.add(one, client, measured.figures);
        progress.step();
      }
    }
  }
  progress.end();
  return { results: results.summary(clients), acknowledged };
}

/**
 * @param {Options} options
 * @param {import('./bench/machine.js').Machine} where
 * @param {Steps} steps
 * @returns {Promise<import('./bench/report.js').Run>}
 */
async function bench(options, where, steps) {
  const schemes = [...new Set(options.cases.map(({ scheme }) => scheme))];
  const programs = [
    ...(schemes.includes('https') ? ['tls_simulator'] : []),
    ...(options.clients.includes('rust') ? ['bare_client'] : []),
  ];
  if (options.build && addon.outdated(root)) {
    const { code } = await addon.build(steps, root);
    if (code !== 0) throw new Error('the addon does not build');
  }
  if (programs.length > 0) await buildRust(steps, programs);
  /** @type {Map<Scheme, import('./bench/platform.js').Platform>} */
  const platforms = new Map();
  try {
    for (const scheme of schemes) platforms.set(scheme, await startPlatform(scheme));
    const { results, acknowledged } = await measureAll(options, platforms, steps);
    let executed = 0;
    for (const platform of platforms.values()) executed += await platform.executions();
    const ceilings = [];
    for (const one of options.clients.includes('rust') && hasWrk() ? options.cases : []) {
      const platform = platforms.get(one.scheme);
      if (platform) ceilings.push(await ceiling(platform, one, options.seconds));
    }
    const { rounds, seconds } = options;
    const date = new Date().toISOString().slice(0, 10);
    const goals = judge(results);
    return {
      date,
      machine: where,
      rounds,
      seconds,
      cases: results,
      ceilings,
      goals,
      acknowledged,
      executed,
    };
  } finally {
    for (const platform of platforms.values()) await platform.stop();
  }
}

/** @param {string[]} args */
async function main(args) {
  let options;
  try {
    options = read(args);
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : error}\n\n${HELP}`);
    return 2;
  }
  if (options.help) {
    process.stdout.write(HELP);
    return 0;
  }
  const where = machine();
  if (where.load > where.cores / 2) {
    process.stderr.write(
      `The load of this machine is ${where.load}: what else runs will show in the figures.\n`,
    );
  }
  const found = await bench(options, where, new Steps(process.stderr));
  const text = markdown(found);
  process.stdout.write(options.json ? `${JSON.stringify(found)}\n` : `${text}\n`);
  if (options.write) {
    const page = fs.readFileSync(PAGE, 'utf8');
    fs.writeFileSync(
      PAGE,
      page.replace(PLACE, (_, start, end) => `${start}\n${text}\n\n${end}`),
    );
  }
  if (found.acknowledged === found.executed) return 0;
  process.stderr.write('the platforms did not carry out as many injections as were acknowledged\n');
  return 1;
}

main(process.argv.slice(2)).then(
  (code) => (process.exitCode = code),
  (error) => {
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 1;
  },
);
