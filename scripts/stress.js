'use strict';

// npm run stress -- [--seed n] [--minutes m] [--shape tutorial|sessions|fleet] [--json]
// Programs that press at random, are stopped and killed, before a platform that answers as none should; then the laws.

const os = require('node:os');
const path = require('node:path');
const { parseArgs } = require('node:util');

const root = path.join(__dirname, '..');
require('./lib/requirements.js').demand(root);

const { Progress } = require('./lib/progress.js');
const { Steps } = require('./lib/steps.js');
const { ANSWERS } = require('./stress/answers.js');
const { SHAPES, play } = require('./stress/play.js');

const HELP = `npm run stress -- [options]

Plays programs in processes and worker threads against a server that answers in ${Object.keys(ANSWERS).length} ways, cuts connections, and is reached
through a proxy that sends requests twice; stops and kills the programs; and checks that nothing was pressed twice, into
another call, out of order, two at a time, or otherwise than the program was told.

  --seed <n>        what is drawn; printed, default a new one. The machine has a say too: a seed repeats what is
                    drawn, not the order in which threads run
  --minutes <m>     for each shape; default 1
  --shape <name>    one of ${SHAPES.join(', ')}; default all. A fleet needs a Redis server in the PATH
  --json            one JSON object on standard output
  --help            this text

The exit code is 1 when a law was broken.
`;

/** How many broken laws are shown of each kind of run. */
const SHOWN = 20;

async function main() {
  const { values } = parseArgs({
    options: {
      seed: { type: 'string' },
      minutes: { type: 'string', default: '1' },
      shape: { type: 'string' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return void process.stdout.write(HELP);
  const seed = values.seed === undefined ? Date.now() % 2 ** 31 : Number(values.seed);
  const seconds = Number(values.minutes) * 60;
  const shapes = values.shape === undefined ? SHAPES : SHAPES.filter((shape) => shape === values.shape);
  if (!Number.isInteger(seed) || !(seconds > 0) || shapes.length === 0) {
    process.stderr.write(
      `--seed takes a whole number, --minutes more than 0, --shape one of ${SHAPES.join(', ')}\n`,
    );
    process.exitCode = 2;
    return;
  }
  const steps = new Steps(process.stderr);
  const progress = new Progress(steps, Math.ceil(seconds) * shapes.length);
  const found = [];
  for (const shape of shapes) {
    progress.begin(shape);
    found.push(
      await play({ shape, seed, seconds, onSecond: () => (progress.step(), progress.begin(shape)) }),
    );
  }
  progress.end();
  const clean = found.every(({ violations }) => violations.length === 0);
  if (values.json)
    process.stdout.write(`${JSON.stringify({ seed, seconds, cores: os.cpus().length, found })}\n`);
  else for (const one of found) print(one);
  if (!clean) process.exitCode = 1;
}

/** @param {import('./stress/play.js').Found} found */
function print({ shape, seed, injections, arrivals, deliveries, programs, violations }) {
  const told = Object.entries(deliveries).map(([name, count]) => `${count} ${name}`);
  const lines = [
    `${shape}, seed ${seed}: ${injections} injections, ${arrivals} arrivals; ${told.join(', ')}`,
    `  programs killed ${programs.killed} times, stopped ${programs.stopped} times; ${violations.length} violations`,
    ...violations.slice(0, SHOWN).map((violation) => `  ${violation}`),
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
}

main().catch((error) => {
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
});
