'use strict';

// `npm run bench:instructions`: the instructions of the engine's hot functions, against those that were written down.

const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { parseArgs } = require('node:util');

const root = path.join(__dirname, '..');
require('./lib/requirements.js').demand(root);

const { compare, count, names } = require('./bench/instructions.js');
const { machine } = require('./bench/machine.js');
const { number, table } = require('./bench/report.js');
const { buildRust } = require('./bench/rust.js');
const { Progress } = require('./lib/progress.js');
const { Steps } = require('./lib/steps.js');

const BASELINE = path.join(root, 'crates', 'engine', 'benches', 'instructions.json');

const HELP = `npm run bench:instructions -- [options]

Counts with valgrind and compares with crates/engine/benches/instructions.json. Takes some seconds, and the time of a build.

  --tolerance <x>  how much more is tolerated, in parts of a hundred; default 5
  --write          writes what was counted into that file
  --json           one JSON object on standard output
  --help           this text

Exit codes: 0 as before, 1 more instructions than are tolerated, 2 usage, or valgrind is missing.
`;

/** @param {import('./bench/instructions.js').Compared[]} compared */
function show(compared) {
  const percent = (/** @type {number} */ change) => `${change > 0 ? '+' : ''}${number(change * 100, 1)} %`;
  const rows = compared.map(({ name, count: now, before, change, worse }) => [
    name,
    number(now, 1),
    before === null ? '–' : number(before, 1),
    change === null ? 'new' : percent(change),
    worse ? '✗' : '✓',
  ]);
  return table(['Instructions', 'now', 'before', 'change', ''], rows);
}

/** @param {Steps} steps */
async function countAll(steps) {
  const all = await names();
  const progress = new Progress(steps, all.length);
  /** @type {Record<string, number>} */
  const counts = {};
  for (const name of all) {
    progress.begin(name);
    counts[name] = await count(name);
    progress.step();
  }
  progress.end();
  return counts;
}

/** @param {string[]} args */
async function main(args) {
  const { values } = parseArgs({
    args,
    options: {
      tolerance: { type: 'string', default: '5' },
      write: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(HELP);
    return 0;
  }
  if (spawnSync('valgrind', ['--version']).error) {
    process.stderr.write(
      'valgrind is missing: install it (apt-get install valgrind, dnf install valgrind)\n',
    );
    return 2;
  }
  const steps = new Steps(process.stderr);
  await buildRust(steps, ['instructions']);
  const instructions = await countAll(steps);
  const { rust } = machine();
  const found = { rust, arch: process.arch, instructions };
  if (values.write) {
    fs.writeFileSync(BASELINE, `${JSON.stringify(found, null, 2)}\n`);
    steps.say('written into crates/engine/benches/instructions.json');
  }
  /** @type {import('./bench/instructions.js').Baseline} */
  const baseline = JSON.parse(fs.readFileSync(BASELINE, 'utf8'));
  const compared = compare(instructions, baseline, Number(values.tolerance) / 100);
  process.stdout.write(values.json ? `${JSON.stringify({ ...found, compared })}\n` : `${show(compared)}\n`);
  if (baseline.rust !== rust || baseline.arch !== process.arch) {
    steps.say(`counted before with Rust ${baseline.rust} on ${baseline.arch}: nothing is concluded from it`);
    return 0;
  }
  return compared.some(({ worse }) => worse) ? 1 : 0;
}

main(process.argv.slice(2)).then(
  (code) => (process.exitCode = code),
  (error) => {
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 2;
  },
);
