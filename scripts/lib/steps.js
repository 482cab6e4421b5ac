'use strict';

// Runs commands one after the other and tells a person what is going on: a moving line with the
// elapsed time on a terminal, plain lines elsewhere.

const { spawn } = require('node:child_process');
const os = require('node:os');
const { stripVTControlCharacters } = require('node:util');

/** How much of a failed step is shown, in lines. A compiler's error fits; the whole build does not. */
const TAIL_LINES = 60;
/** How often a moving line moves, in milliseconds. */
const FRAME_MS = 120;
/** How often a long step shows a sign of life where lines cannot move, in milliseconds. */
const STILL_RUNNING_MS = 30_000;
const FRAMES = ['|', '/', '-', '\\'];

/**
 * @typedef {object} Result
 * @property {string} title
 * @property {number} code the exit code, 0 when all is well
 * @property {string} output everything it printed, without colours
 */

class Steps {
  /**
   * @param {NodeJS.WriteStream} stream where the lines go
   * @param {{ verbose?: boolean, env?: NodeJS.ProcessEnv }} [options]
   */
  constructor(stream, { verbose = false, env = process.env } = {}) {
    this.stream = stream;
    this.verbose = verbose;
    const terminal = Boolean(stream.isTTY) && env.TERM !== 'dumb';
    this.moving = terminal && !env.CI && !verbose;
    this.colour = terminal && !env.NO_COLOR;
    /** What children see: they write into a pipe and would otherwise decide against colours. */
    this.env = { ...env };
    if (this.colour) Object.assign(this.env, { FORCE_COLOR: '1', CARGO_TERM_COLOR: 'always' });
    // Node.js warns when both variables are set.
    else delete this.env.FORCE_COLOR;
  }

  /** @param {string} text */
  say(text) {
    this.stream.write(`${text}\n`);
  }

  /**
   * @param {string} title
   * @param {string} reason
   */
  skip(title, reason) {
    this.say(`${this.#paint('33', 'skip')}  ${title}: ${reason}`);
  }

  /**
   * Runs one command. Resolves also when it fails: the caller decides what that means.
   *
   * @param {string} title what the person reads
   * @param {string} command
   * @param {string[]} args
   * @param {{ cwd: string, shell?: boolean }} options
   * @returns {Promise<Result>}
   */
  async run(title, command, args, options) {
    const started = Date.now();
    const elapsed = () => `${((Date.now() - started) / 1000).toFixed(1)} s`;
    const child = spawn(command, args, {
      ...options,
      env: this.env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const progress = this.#progress(title, elapsed);
    let output = '';
    const take = (/** @type {string} */ chunk) => {
      output += chunk;
      progress.heard(chunk);
    };
    child.stdout.setEncoding('utf8').on('data', take);
    child.stderr.setEncoding('utf8').on('data', take);

    const ended = await this.#ending(child);
    progress.stop();
    if (ended.interrupted) {
      this.say(`${this.#paint('33', 'stop')}  ${title}`);
      process.exit(ended.code || 1);
    }
    if (ended.error) output += `${ended.error.message}\n`;
    const verdict = ended.code === 0 ? this.#paint('32', 'ok  ') : this.#paint('31', 'FAIL');
    this.say(`${verdict}  ${title}  ${this.#paint('2', elapsed())}`);
    if (ended.code !== 0 && !this.verbose) this.#tail(output);
    return { title, code: ended.code, output: stripVTControlCharacters(output) };
  }

  /**
   * @param {import('node:child_process').ChildProcess} child
   * @returns {Promise<{ code: number, error?: Error, interrupted: boolean }>}
   */
  #ending(child) {
    return new Promise((resolve) => {
      let interrupted = false;
      /** @type {Error | undefined} */
      let error;
      // The child ends first, then this process: no compiler stays behind in the background.
      const pass = (/** @type {NodeJS.Signals} */ signal) => {
        interrupted = true;
        child.kill(signal);
      };
      process.on('SIGINT', pass).on('SIGTERM', pass);
      child.on('error', (cause) => (error = cause));
      child.on('close', (code, signal) => {
        process.off('SIGINT', pass).off('SIGTERM', pass);
        const number = signal ? 128 + os.constants.signals[signal] : (code ?? 1);
        resolve({ code: error && number <= 0 ? 1 : number, error, interrupted });
      });
    });
  }

  /**
   * @param {string} title
   * @param {() => string} elapsed
   */
  #progress(title, elapsed) {
    if (this.moving) return this.#movingLine(title, elapsed);
    this.say(`....  ${title}`);
    if (this.verbose) {
      return { heard: (/** @type {string} */ chunk) => this.stream.write(chunk), stop() {} };
    }
    const timer = setInterval(() => this.say(`....  ${title}  ${elapsed()}`), STILL_RUNNING_MS);
    return { heard() {}, stop: () => clearInterval(timer) };
  }

  /**
   * @param {string} title
   * @param {() => string} elapsed
   */
  #movingLine(title, elapsed) {
    let frame = 0;
    let last = '';
    const draw = () => {
      const turn = FRAMES[frame++ % FRAMES.length].padEnd(4);
      const line = `${turn}  ${title}  ${elapsed()}  ${last}`;
      this.stream.write(`\r\x1b[2K${line.slice(0, (this.stream.columns || 80) - 1)}`);
    };
    const timer = setInterval(draw, FRAME_MS);
    draw();
    return {
      heard: (/** @type {string} */ chunk) => {
        const lines = stripVTControlCharacters(chunk).split(/[\r\n]+/);
        last =
          lines
            .filter((line) => line.trim())
            .at(-1)
            ?.trim() ?? last;
      },
      stop: () => {
        clearInterval(timer);
        this.stream.write('\r\x1b[2K');
      },
    };
  }

  /** @param {string} output */
  #tail(output) {
    const lines = output.trimEnd().split('\n');
    const hidden = lines.length - TAIL_LINES;
    if (hidden > 0) this.say(`      (${hidden} lines before this; all of them with --verbose)`);
    for (const line of lines.slice(-TAIL_LINES)) this.say(`      ${line}`);
  }

  /**
   * @param {string} code
   * @param {string} text
   */
  #paint(code, text) {
    return this.colour ? `\x1b[${code}m${text}\x1b[0m` : text;
  }
}

module.exports = { Steps };
