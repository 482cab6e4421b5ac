'use strict';

/**
 * Standard output is data: a line for people or, with --json, one JSON text. Everything else goes to standard
 * error.
 */

const SCHEMA_VERSION = 1;

const COLOURS = Object.freeze({ green: '32', red: '31', yellow: '33', dim: '2' });

class Output {
  /**
   * @param {object} to
   * @param {NodeJS.WriteStream} to.stdout
   * @param {NodeJS.WriteStream} to.stderr
   * @param {NodeJS.ProcessEnv} to.env
   * @param {boolean} to.json
   */
  constructor({ stdout, stderr, env, json }) {
    this.stdout = stdout;
    this.stderr = stderr;
    this.json = json;
    this.plain = Boolean(env.NO_COLOR || env.CI || env.TERM === 'dumb');
    for (const stream of [stdout, stderr]) {
      // A reader that went away must not change the exit code: it says what became of the digits.
      stream.on('error', () => {});
    }
  }

  /**
   * The outcome of a command, once.
   * @param {string} line for people
   * @param {object} object for machines
   */
  result(line, object) {
    if (this.json) this.data({ schemaVersion: SCHEMA_VERSION, ...object });
    else this.print(line);
  }

  /** @param {unknown} value */
  data(value) {
    this.print(JSON.stringify(value));
  }

  /** @param {string} line */
  print(line) {
    this.stdout.write(`${line}\n`);
  }

  /** @param {string} line */
  say(line) {
    this.stderr.write(`${line}\n`);
  }

  /** What a line may have before a terminal breaks it; what is not for a terminal is not wrapped. */
  get width() {
    return this.stdout.isTTY ? this.stdout.columns || 80 : Infinity;
  }

  /**
   * @param {keyof typeof COLOURS} colour
   * @param {string} text
   */
  paint(colour, text) {
    return this.plain || !this.stdout.isTTY ? text : `\x1b[${COLOURS[colour]}m${text}\x1b[0m`;
  }
}

/**
 * What comes from a file that somebody may have altered, without what a terminal obeys.
 * @param {unknown} value
 */
function printable(value) {
  return String(value).replace(/[^\x20-\x7e]/g, '\ufffd');
}

module.exports = { Output, printable, SCHEMA_VERSION };
