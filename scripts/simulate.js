'use strict';

// `npm run simulate:long`: the simulation of `cargo test`, for as many injections as you have time for.
//
//   node scripts/simulate.js [--injections n] [--seed n] [--json] [--verbose]
//
// Default: 1,000,000 injections from a random seed, which is printed. `--json` puts the counts on
// standard output as one line of JSON. Exit codes: 0 no law was broken, 1 one was (its seed and the
// command that repeats it are shown), 2 a wrong argument.

const path = require('node:path');

const root = path.join(__dirname, '..');
require('./lib/requirements.js').demand(root);

const { spawn } = require('node:child_process');
const { randomInt } = require('node:crypto');
const { parseArgs } = require('node:util');

const { Steps } = require('./lib/steps.js');

const USAGE = 'Usage: node scripts/simulate.js [--injections n] [--seed n] [--json] [--verbose]\n';
const INJECTIONS = 1_000_000;
/** Worlds take the seeds that follow; a number that can be typed is enough. */
const SEEDS = 1_000_000_000;
const TEST = [
  'test',
  '--locked',
  '-p',
  'cxone-dtmf-engine',
  '--profile',
  'simulation',
  '--test',
  'simulation',
];
const BAR = 30;
/** How often a line is written where a bar cannot move, in parts of the whole. */
const LINES = 20;

/**
 * @typedef {object} Report
 * @property {number} worlds
 * @property {number} injections
 * @property {number} requests
 * @property {number} givenUp
 * @property {number} promisesBroken
 * @property {Record<string, number>} outcomes
 * @property {Record<string, number>} faults
 * @property {Record<string, number>} sessions
 */

/**
 * @param {string} name
 * @param {string | undefined} text
 * @param {number} fallback
 * @returns {number}
 */
function whole(name, text, fallback) {
  if (text === undefined) return fallback;
  const number = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(number) || number < 1) {
    throw new Error(`--${name} must be a whole number from 1`);
  }
  return number;
}

/** Shows how far a run is: a bar on a terminal, a line now and then elsewhere. */
class Progress {
  /** @param {Steps} steps */
  constructor(steps) {
    this.steps = steps;
    this.started = Date.now();
    this.part = 0;
  }

  /**
   * @param {number} done
   * @param {number} of
   */
  show(done, of) {
    const share = Math.min(1, done / of);
    const seconds = (Date.now() - this.started) / 1000;
    const left = share > 0 ? Math.ceil(seconds / share - seconds) : 0;
    const text = `${done.toLocaleString('en')} of ${of.toLocaleString('en')}, ${left} s left`;
    if (this.steps.moving) {
      const full = Math.round(share * BAR);
      const line = `[${'#'.repeat(full)}${'.'.repeat(BAR - full)}]  ${text}`;
      this.steps.stream.write(`\r\x1b[2K${line.slice(0, (this.steps.stream.columns || 80) - 1)}`);
    } else if (Math.floor(share * LINES) > this.part) {
      this.part = Math.floor(share * LINES);
      this.steps.say(`....  ${text}`);
    }
  }

  stop() {
    if (this.steps.moving) this.steps.stream.write('\r\x1b[2K');
  }
}

/**
 * @param {Steps} steps
 * @param {number} injections
 * @param {number} seed
 * @returns {Promise<{ code: number, report?: Report, rest: string }>}
 */
function play(steps, injections, seed) {
  const progress = new Progress(steps);
  const args = [...TEST, '--', '--exact', 'no_world_breaks_a_law', '--nocapture'];
  const child = spawn('cargo', args, {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...process.env,
      SIMULATION_SEED: String(seed),
      SIMULATION_INJECTIONS: String(injections),
      SIMULATION_LINES: '1',
      RUST_BACKTRACE: '0',
    },
  });
  const pass = (/** @type {NodeJS.Signals} */ signal) => child.kill(signal);
  process.on('SIGINT', pass).on('SIGTERM', pass);
  /** @type {Report | undefined} */
  let report;
  let line = '';
  let rest = '';
  child.stdout.setEncoding('utf8').on('data', (chunk) => {
    const lines = `${line}${chunk}`.split('\n');
    line = lines.pop() ?? '';
    for (const text of lines) {
      // The test runner writes the name of the test in front of the first line.
      const [, done, of] = /progress (\d+) (\d+)$/.exec(text) ?? [];
      const [, counts] = /report (\{.*\})$/.exec(text) ?? [];
      if (done) progress.show(Number(done), Number(of));
      else if (counts) report = JSON.parse(counts);
    }
  });
  child.stderr.setEncoding('utf8').on('data', (chunk) => (rest += chunk));
  return new Promise((resolve) => {
    child.on('error', (error) => (rest += `${error.message}\n`));
    child.on('close', (code) => {
      process.off('SIGINT', pass).off('SIGTERM', pass);
      progress.stop();
      resolve({ code: code ?? 1, report, rest });
    });
  });
}

/**
 * @param {Steps} steps
 * @param {Report} report
 */
function show(steps, report) {
  const number = (/** @type {number} */ value) => value.toLocaleString('en').padStart(12);
  const { outcomes, faults, sessions } = report;
  for (const [title, counts] of Object.entries({ outcomes, faults, sessions })) {
    steps.say(`\n${title}`);
    for (const [name, count] of Object.entries(counts)) steps.say(`${number(count)}  ${name}`);
  }
  steps.say(`\n${number(report.worlds)}  worlds`);
  steps.say(`${number(report.injections)}  injections`);
  steps.say(`${number(report.requests)}  requests, ${report.givenUp.toLocaleString('en')} of them given up`);
  steps.say(`${number(report.promisesBroken)}  times pressed before a 500 or 503 that promised not to`);
}

/** @param {string[]} args */
async function main(args) {
  let options, injections, seed;
  try {
    options = parseArgs({
      args,
      options: {
        injections: { type: 'string' },
        seed: { type: 'string' },
        json: { type: 'boolean', default: false },
        verbose: { type: 'boolean', default: false },
      },
    }).values;
    injections = whole('injections', options.injections, INJECTIONS);
    seed = whole('seed', options.seed, randomInt(1, SEEDS));
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : error}\n${USAGE}`);
    return 2;
  }
  // With --json, standard output is data.
  const steps = new Steps(options.json ? process.stderr : process.stdout, { verbose: options.verbose });
  const build = await steps.run('build the simulation', 'cargo', [...TEST, '--no-run'], { cwd: root });
  if (build.code !== 0) return 1;

  steps.say(`....  ${injections.toLocaleString('en')} injections from seed ${seed}`);
  const { code, report, rest } = await play(steps, injections, seed);
  if (report && options.json) process.stdout.write(`${JSON.stringify({ seed, ...report })}\n`);
  else if (report) show(steps, report);
  if (code === 0) {
    steps.say('\nNo world broke a law.');
    return 0;
  }
  steps.say(rest.trimEnd());
  return 1;
}

main(process.argv.slice(2)).then((code) => {
  process.exitCode = code;
});
