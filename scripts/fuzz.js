'use strict';

// `npm run fuzz`: feeds what comes from outside with made-up input, and checks laws on every one.
//
//   node scripts/fuzz.js [--seconds 60] [--json] [target ...]
//
// Without a name all targets run, one after the other. What libFuzzer learns goes to target/fuzz/corpus and
// serves the next run; fuzz/corpus holds the seeds. An input that breaks a law is kept in
// target/fuzz/artifacts: `target/fuzz/…/release/<target> <file>` tries it again. The exit code is 1 then.

const fs = require('node:fs');
const path = require('node:path');

const root = path.join(__dirname, '..');
require('./lib/requirements.js').demand(root);

const { spawnSync } = require('node:child_process');
const { parseArgs } = require('node:util');

const { Steps } = require('./lib/steps.js');

/** Bodies of answers are longer, but what is found in them is found in short ones too, and sooner. */
const LONGEST_INPUT = 4096;
const work = path.join(root, 'target', 'fuzz');

/** @typedef {{ target: string, runs: number, perSecond: number, finding: string | null }} Report */

function targets() {
  const names = fs.readdirSync(path.join(root, 'fuzz', 'fuzz_targets'));
  return names.map((name) => path.basename(name, '.rs')).sort();
}

/** @returns {string | undefined} what is missing and what to do */
function missing() {
  const found = spawnSync('cargo', ['fuzz', '--version'], { cwd: root });
  if (found.status === 0) return undefined;
  return 'cargo-fuzz is not installed. To install it: cargo install cargo-fuzz --locked\n';
}

/**
 * @param {Steps} steps
 * @param {string[]} wanted
 */
async function build(steps, wanted) {
  // The versions that ship are the versions that are fuzzed. Cargo adds the fuzzer's own.
  fs.copyFileSync(path.join(root, 'Cargo.lock'), path.join(root, 'fuzz', 'Cargo.lock'));
  // The engine has no unsafe code, so an address sanitizer would only make it slower.
  const args = ['fuzz', 'build', '--sanitizer', 'none', '--target-dir', work];
  if (wanted.length === 1) args.push(wanted[0]);
  const { code } = await steps.run('build the targets (minutes, the first time)', 'cargo', args, {
    cwd: root,
  });
  return code === 0;
}

/** Where cargo-fuzz puts what it built: below the name of this machine. */
function machine() {
  const { stdout } = spawnSync('rustc', ['-vV'], { cwd: root, encoding: 'utf8' });
  return /^host: (\S+)$/m.exec(stdout)?.[1] ?? '';
}

/**
 * @param {Steps} steps
 * @param {string} target
 * @param {number} seconds
 * @returns {Promise<Report>}
 */
async function fuzz(steps, target, seconds) {
  const learned = path.join(work, 'corpus', target);
  const artifacts = path.join(work, 'artifacts', target) + path.sep;
  for (const folder of [learned, artifacts]) fs.mkdirSync(folder, { recursive: true });
  const program = path.join(work, machine(), 'release', target);
  const args = [`-max_total_time=${seconds}`, `-max_len=${LONGEST_INPUT}`, '-print_final_stats=1'];
  args.push(`-artifact_prefix=${artifacts}`, learned, path.join(root, 'fuzz', 'corpus', target));
  const { code, output } = await steps.run(`fuzz ${target} for ${seconds} s`, program, args, { cwd: root });
  const stat = (/** @type {string} */ name) =>
    Number(new RegExp(`stat::${name}: +(\\d+)`).exec(output)?.[1] ?? 0);
  const file = /Test unit written to (\S+)/.exec(output)?.[1] ?? 'it ended without an input';
  return {
    target,
    runs: stat('number_of_executed_units'),
    perSecond: stat('average_exec_per_sec'),
    finding: code === 0 ? null : file,
  };
}

function options() {
  const { values, positionals } = parseArgs({
    options: { seconds: { type: 'string', default: '60' }, json: { type: 'boolean', default: false } },
    allowPositionals: true,
  });
  const seconds = Number(values.seconds);
  if (!Number.isInteger(seconds) || seconds < 1) throw new Error('--seconds must be a whole number from 1');
  const known = targets();
  const unknown = positionals.filter((name) => !known.includes(name));
  if (unknown.length > 0) throw new Error(`Unknown: ${unknown.join(' ')}. Known: ${known.join(' ')}`);
  return { seconds, json: values.json, wanted: positionals.length > 0 ? positionals : known };
}

async function main() {
  const { seconds, json, wanted } = options();
  const lack = missing();
  if (lack) {
    process.stderr.write(lack);
    return 1;
  }
  // cargo-fuzz needs flags that a stable compiler keeps to itself otherwise.
  const steps = new Steps(process.stderr, { env: { ...process.env, RUSTC_BOOTSTRAP: '1' } });
  if (!(await build(steps, wanted))) return 1;
  /** @type {Report[]} */
  const reports = [];
  for (const target of wanted) reports.push(await fuzz(steps, target, seconds));
  if (json) {
    process.stdout.write(`${JSON.stringify(reports)}\n`);
  } else {
    for (const { target, runs, perSecond, finding } of reports) {
      const verdict = finding ? `FOUND ${path.relative(root, finding)}` : 'nothing found';
      process.stdout.write(`${target.padEnd(14)} ${runs} inputs, ${perSecond} a second: ${verdict}\n`);
    }
  }
  return reports.some(({ finding }) => finding) ? 1 : 0;
}

main().then(
  (code) => (process.exitCode = code),
  (error) => {
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 2;
  },
);
