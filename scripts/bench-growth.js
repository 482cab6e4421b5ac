'use strict';

// `npm run bench:growth`: what it costs when there is more of something, and at the start of a program.

const path = require('node:path');
const { parseArgs } = require('node:util');

const root = path.join(__dirname, '..');
require('./lib/requirements.js').demand(root);

const { machine } = require('./bench/machine.js');
const { startPlatform } = require('./bench/platform.js');
const { number, table } = require('./bench/report.js');
const audit = require('./growth/audit.js');
const digits = require('./growth/digits.js');
const locks = require('./growth/locks.js');
const monitors = require('./growth/monitors.js');
const start = require('./growth/start.js');
const { Progress } = require('./lib/progress.js');
const { Steps } = require('./lib/steps.js');

const HELP = `npm run bench:growth -- [options]

Measures what injections cost with many that wait, many monitors, long sequences and a long audit file, and what the
start of a program takes.

  --rounds <n>    how often each variant is measured; default 5
  --seconds <x>   how long each time; default 1
  --most <n>      the most calls that are locked; default 100000
  --json          one JSON object on standard output
  --help          this text
`;

/** The heads of the columns, and how many decimals stand in them. @type {Record<string, [string, number]>} */
const COLUMNS = {
  passMicros: ['a pass through a free lock, µs', 1],
  bytesEach: ['memory each, bytes', 0],
  perSecond: ['injections/s', 0],
  cpuMicros: ['CPU, µs each', 1],
  mainMicros: ['JS thread busy, µs each', 1],
  loadMs: ['ms', 2],
  newMs: ['new DtmfInjector, ms', 2],
  firstMs: ['first injection, ms', 1],
  secondMs: ['second, ms', 2],
  threadsBefore: ['threads before', 0],
  threads: ['threads', 0],
};

/** @typedef {import('./growth/client.js').Row} Row */

/** @param {string} title @param {Row[]} rows */
function show(title, rows) {
  const figures = Object.keys(rows[0]).filter((name) => name !== 'what');
  const cell = (/** @type {Row} */ row, /** @type {string} */ name) => {
    const value = row[name];
    return typeof value === 'number' ? number(value, COLUMNS[name][1]) : '–';
  };
  return table(
    [title, ...figures.map((name) => COLUMNS[name][0])],
    rows.map((row) => [row.what, ...figures.map((name) => cell(row, name))]),
  );
}

async function main() {
  const { values } = parseArgs({
    options: {
      rounds: { type: 'string', default: '5' },
      seconds: { type: 'string', default: '1' },
      most: { type: 'string', default: '100000' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(HELP);
    return;
  }
  const effort = {
    rounds: Number(values.rounds),
    seconds: Number(values.seconds),
    most: Number(values.most),
  };
  const where = machine();
  const platform = await startPlatform('http');
  /** @type {[title: string, rows: () => Promise<Row[]>][]} */
  const parts = [
    ['Locked calls', () => locks.rows(platform, effort)],
    ['Monitors', () => monitors.rows(platform, effort)],
    ['Length', () => digits.rows(platform, effort)],
    ['Audit log', () => audit.rows(platform, effort)],
    ['Loading', () => start.loading()],
    ['Start', () => start.first(platform)],
  ];
  const progress = new Progress(new Steps(process.stderr), parts.length);
  /** @type {Record<string, Row[]>} */
  const found = {};
  try {
    for (const [title, rows] of parts) {
      progress.begin(title);
      found[title] = await rows();
      progress.step();
    }
  } finally {
    progress.end();
    await platform.stop();
  }
  if (values.json) process.stdout.write(`${JSON.stringify({ machine: where, ...effort, found })}\n`);
  else for (const [title, rows] of Object.entries(found)) process.stdout.write(`${show(title, rows)}\n\n`);
}

main().catch((error) => {
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
});
