'use strict';

// `npm run coverage`: which lines of the engine, the simulator and the reader of options the Rust tests run.
//
//   node scripts/coverage.js [--json] [--missed]
//
// Counted are the lines of the product: those of the tests themselves, nearly all of which run, would only
// make the figures look better. Rooms that decide over resending have a goal; below it the exit code is 1.
// --missed names the lines. A page to read is made from the same run by `cargo llvm-cov report --html`.

const fs = require('node:fs');
const path = require('node:path');

const root = path.join(__dirname, '..');
require('./lib/requirements.js').demand(root);

const { spawnSync } = require('node:child_process');
const { parseArgs } = require('node:util');

const { Steps } = require('./lib/steps.js');

/** Percent of the lines. */
const GOAL = 95;
const ROOMS_WITH_GOAL = ['api', 'auth', 'lock', 'retry'];
/** Crates whose lines are counted. */
const CRATES = ['engine', 'options', 'simulator'];
/** Files that hold nothing but tests. */
const ONLY_TESTS = /(^|[/\\])tests(\.rs$|[/\\])/;

/** @typedef {{ room: string, lines: number, hit: number, missed: string[] }} Room */

/** @returns {string | undefined} what is missing and what to do */
function missing() {
  const found = spawnSync('cargo', ['llvm-cov', '--version'], { cwd: root });
  if (found.status === 0) return undefined;
  return (
    'cargo-llvm-cov is not installed. To install it:\n' +
    '  cargo install cargo-llvm-cov --locked\n  rustup component add llvm-tools\n'
  );
}

/**
 * The line from which on a file holds its own tests.
 *
 * @param {string} file
 */
function testsFrom(file) {
  const lines = fs.readFileSync(file, 'utf8').split('\n');
  const start = lines.findIndex(
    (line, index) => line === '#[cfg(test)]' && /^mod \w+ \{/.test(lines[index + 1] ?? ''),
  );
  return start < 0 ? Infinity : start + 1;
}

/**
 * The room of a file: in the engine what is below `src`, otherwise the crate. None of what is not counted.
 *
 * @param {string} name below the repository
 * @returns {string | undefined}
 */
function roomOf(name) {
  const [crates, crate, src, room] = name.split(path.sep);
  if (crates !== 'crates' || !CRATES.includes(crate) || src !== 'src' || ONLY_TESTS.test(name))
    return undefined;
  return crate === 'engine' ? room.replace(/\.rs$/, '') : crate;
}

/**
 * Reads the lcov format: a block of `SF:<file>`, `DA:<line>,<count>` … per file.
 *
 * @param {string} text
 * @returns {Room[]}
 */
function rooms(text) {
  /** @type {Map<string, Room>} */
  const found = new Map();
  for (const block of text.split('end_of_record')) {
    const file = /^SF:(.+)$/m.exec(block)?.[1];
    if (!file) continue;
    const name = path.relative(root, file);
    const room = roomOf(name);
    if (!room) continue;
    const entry = found.get(room) ?? { room, lines: 0, hit: 0, missed: [] };
    found.set(room, entry);
    const end = testsFrom(file);
    for (const [, line, count] of block.matchAll(/^DA:(\d+),(\d+)/gm)) {
      if (Number(line) >= end) continue;
      entry.lines += 1;
      if (Number(count) > 0) entry.hit += 1;
      else entry.missed.push(`${name}:${line}`);
    }
  }
  return [...found.values()].sort((a, b) => a.room.localeCompare(b.room));
}

/** @param {{ lines: number, hit: number }} room */
const percent = ({ lines, hit }) => (lines === 0 ? 100 : (100 * hit) / lines);

/** @param {Room} room */
const below = (room) => ROOMS_WITH_GOAL.includes(room.room) && percent(room) < GOAL;

async function main() {
  const { values } = parseArgs({
    options: { json: { type: 'boolean', default: false }, missed: { type: 'boolean', default: false } },
  });
  const lack = missing();
  if (lack) {
    process.stderr.write(lack);
    return 1;
  }
  const report = path.join(root, 'target', 'lcov.info');
  const args = ['llvm-cov', '--locked', ...CRATES.flatMap((crate) => ['-p', `cxone-dtmf-${crate}`])];
  args.push('--lcov', '--output-path', report);
  const steps = new Steps(process.stderr);
  const { code } = await steps.run('cargo test, with counters', 'cargo', args, { cwd: root });
  if (code !== 0) return code;

  const all = rooms(fs.readFileSync(report, 'utf8'));
  if (values.json) {
    process.stdout.write(`${JSON.stringify(all)}\n`);
  } else {
    for (const room of all) {
      const goal = ROOMS_WITH_GOAL.includes(room.room) ? `, goal ${GOAL} %` : '';
      const share = percent(room).toFixed(1).padStart(5);
      process.stdout.write(`${room.room.padEnd(12)} ${share} % of ${room.lines} lines${goal}\n`);
      if (values.missed) for (const place of room.missed) process.stdout.write(`  ${place}\n`);
    }
  }
  return all.some(below) ? 1 : 0;
}

main().then(
  (code) => (process.exitCode = code),
  (error) => {
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 2;
  },
);
