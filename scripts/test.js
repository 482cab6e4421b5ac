'use strict';

// `npm test`: the checks of this project that a change has to pass, from a fresh clone. `npm run test:long`: the rest,
// which takes its time.
//
//   node scripts/test.js [--verbose] [lint|types|rust|js|loom|simulation|audit-kill|js-long|stress ...]
//   node scripts/test.js [--verbose] long
//
// Without a word the first four run, and with `long` the others. A failed step does not stop the others. The last line is
// `N passed, N failed`, with `, N skipped` where there are any, over the tests of Rust and Jest; a
// step that fails without naming a failed test counts as one. The exit code is the first failure's.
// Where there is no redis-server and none can be installed, the tests of the fleet mode are skipped; with CI set
// that is a failure.
// A step whose output has a digit, a token or a secret of the tests in it fails, whatever its own code.

const fs = require('node:fs');
const path = require('node:path');

const root = path.join(__dirname, '..');
require('./lib/requirements.js').demand(root);

const { spawnSync } = require('node:child_process');

const canaries = require('./lib/canaries.js');
const addon = require('./lib/addon.js');
const counts = require('./lib/counts.js');
const dependencies = require('./lib/dependencies.js');
const redis = require('./lib/redis.js');
const { Steps } = require('./lib/steps.js');

/** @typedef {import('./lib/counts.js').Counts} Counts */
/** @typedef {import('./lib/steps.js').Result} Result */

/** What `npm test` runs: minutes in all. Each law of the long groups has a short test here. */
const SHORT = ['lint', 'types', 'rust', 'js'];
const LONG = ['loom', 'simulation', 'audit-kill', 'js-long', 'stress'];

class Run {
  /** @param {Steps} steps */
  constructor(steps) {
    this.steps = steps;
    this.totals = { passed: 0, failed: 0, skipped: 0 };
    /** @type {Result[]} */
    this.failures = [];
    /** Whether there is an addon, once that is known. @type {Promise<boolean> | undefined} */
    this.built = undefined;
    /** Whether there is a Redis server for the tests that need one. @type {boolean | undefined} */
    this.server = undefined;
  }

  /**
   * @param {Result} result
   * @param {Counts} [tests]
   * @returns {boolean} whether it went well
   */
  record(result, tests = { passed: 0, failed: 0, skipped: 0 }) {
    const leaked = canaries.found(result.output);
    if (leaked.length > 0) {
      // Which one, but not where: this output may be kept for long.
      this.steps.say(`${result.title} printed what no test may print: ${leaked.length} of the canaries`);
      result = { ...result, code: result.code || 1 };
    }
    const failed = result.code !== 0;
    if (failed) this.failures.push(result);
    this.totals.passed += tests.passed;
    this.totals.failed += failed ? Math.max(1, tests.failed) : tests.failed;
    this.totals.skipped += tests.skipped;
    return !failed;
  }

  /**
   * @param {string} title
   * @param {string[]} args
   */
  cargo(title, args) {
    return this.steps.run(title, 'cargo', args, { cwd: root });
  }

  /**
   * @param {string} title
   * @param {string[]} args
   */
  node(title, args) {
    return this.steps.run(title, process.execPath, args, { cwd: root });
  }

  /**
   * A part of the Rust tool chain that can be left out when it is installed. Where it is missing,
   * the tests still run; a CI has to have it.
   *
   * @param {string} component
   * @param {string[]} args
   */
  async component(component, args) {
    const there = spawnSync('cargo', [component, '--version'], { cwd: root }).status === 0;
    if (there || process.env.CI) return this.record(await this.cargo(`cargo ${component}`, args));
    const name = component === 'fmt' ? 'rustfmt' : component;
    this.steps.skip(`cargo ${component}`, `not installed (rustup component add ${name})`);
    return true;
  }

  /**
   * Builds the addon, once. Always through cargo, which knows best what is up to date.
   *
   * @returns {Promise<boolean>} whether there is one
   */
  addon() {
    return (this.built ??= this.#addon());
  }

  async #addon() {
    const before = fs.readFileSync(addon.types(root), 'utf8');
    if (!this.record(await addon.build(this.steps, root))) return false;
    if (fs.readFileSync(addon.types(root), 'utf8') !== before) {
      const stale = 'lib/native.d.ts was not that of the sources: the build has renewed it, commit it';
      this.steps.say(stale);
      this.record({ title: stale, code: 1, output: '' });
    }
    return true;
  }

  /** Provides what the tests of the fleet mode need, once. */
  async redis() {
    this.server ??= await redis.provide(this.steps, root);
    if (this.server || this.steps.env[redis.SKIP]) return;
    const title = 'tests of the fleet mode on Redis';
    if (process.env.CI) {
      this.steps.say(`${title} cannot run: ${redis.REMEDY}`);
      this.record({ title, code: 1, output: '' });
    }
    this.steps.skip(title, `NOT RUN. To run them, ${redis.REMEDY}`);
    this.steps.env[redis.SKIP] = '1';
  }

  async lint() {
    const tool = (/** @type {string} */ name) => dependencies.tool(root, name);
    await this.component('fmt', ['fmt', '--check']);
    this.record(await this.node('eslint', [tool('eslint'), '--max-warnings', '0', '.']));
    const prettier = [tool('prettier'), '--check', '--log-level', 'warn', '.'];
    this.record(await this.node('prettier', prettier));
    await this.component('clippy', [
      'clippy',
      '--locked',
      '--workspace',
      '--all-targets',
      '--',
      '-D',
      'warnings',
    ]);
  }

  async types() {
    const tsc = dependencies.tool(root, 'typescript', 'tsc');
    this.record(await this.node('types of the code', [tsc, '-p', 'tsconfig.json']));
    this.record(await this.node('tests of the types', [tsc, '-p', '__test__/types']));
  }

  async rust() {
    await this.redis();
    const without = this.server ? [] : ['--', '--skip', redis.RUST_MODULE];
    const tests = await this.cargo('cargo test', [
      'test',
      '--locked',
      '--workspace',
      '--no-fail-fast',
      ...without,
    ]);
    this.record(tests, counts.ofCargo(tests.output));
  }

  async loom() {
    const models = await this.node('loom: all orders of steps', ['scripts/loom.js']);
    this.record(models, counts.ofCargo(models.output));
  }

  async simulation() {
    const worlds = await this.node('simulation: a million injections', ['scripts/simulate.js']);
    this.record(worlds, { passed: worlds.code === 0 ? 1 : 0, failed: 0, skipped: 0 });
  }

  async auditKill() {
    const kills = await this.node('audit log: a thousand killed processes', ['scripts/audit-kill.js']);
    this.record(kills, counts.ofCargo(kills.output));
  }

  async stress() {
    if (!(await this.addon())) return;
    await this.redis();
    const shapes = this.server ? [] : ['--shape', 'tutorial'];
    const stress = await this.node('stress: a minute of each shape', [
      'scripts/stress.js',
      '--minutes',
      '2',
      ...shapes,
    ]);
    this.record(stress, { passed: stress.code === 0 ? 1 : 0, failed: 0, skipped: 0 });
  }

  js() {
    return this.jest('jest', ['--ignoreProjects', 'long']);
  }

  jsLong() {
    return this.jest('jest, the long tests', ['--selectProjects', 'long']);
  }

  /**
   * @param {string} title
   * @param {string[]} args
   */
  async jest(title, args) {
    if (!(await this.addon())) {
      this.steps.skip(title, 'there is no addon to test');
      return;
    }
    await this.redis();
    const jest = await this.node(title, [dependencies.tool(root, 'jest'), ...args]);
    this.record(jest, counts.ofJest(jest.output));
  }

  /** @returns {number} the exit code */
  close() {
    this.steps.say('');
    for (const { title, code } of this.failures) this.steps.say(`failed: ${title} (exit ${code})`);
    this.steps.say(counts.line(this.totals));
    return this.failures[0]?.code ?? 0;
  }
}

/** @param {string[]} args */
async function main(args) {
  const words = args.filter((arg) => arg !== '--verbose');
  const known = [...SHORT, ...LONG, 'long'];
  const unknown = words.filter((word) => !known.includes(word));
  if (unknown.length > 0) {
    process.stderr.write(`Unknown: ${unknown.join(' ')}. Known: --verbose ${known.join(' ')}\n`);
    return 2;
  }
  const asked = words.length === 0 ? SHORT : words.flatMap((word) => (word === 'long' ? LONG : word));
  const wanted = (/** @type {string} */ group) => asked.includes(group);

  const run = new Run(new Steps(process.stdout, { verbose: args.includes('--verbose') }));
  const ready = !dependencies.outdated(root) || run.record(await dependencies.install(run.steps, root));
  if (ready) {
    if (wanted('lint')) await run.lint();
    if (wanted('types')) await run.types();
    if (wanted('rust')) await run.rust();
    if (wanted('js')) await run.js();
    if (wanted('loom')) await run.loom();
    if (wanted('simulation')) await run.simulation();
    if (wanted('audit-kill')) await run.auditKill();
    if (wanted('js-long')) await run.jsLong();
    if (wanted('stress')) await run.stress();
  }
  return run.close();
}

main(process.argv.slice(2)).then((code) => {
  process.exitCode = code;
});
