'use strict';

/**
 * Standard output is data: a line for people or, with --json, one JSON text. Everything else goes to standard
 * error. Whatever is printed passes `printable` or, as JSON, `escaped`: names of files, ids and the text of a server
 * may hold what a terminal obeys.
 */

const { randomUUID } = require('node:crypto');

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
    // Stands for the beginning of a colour, until the line was made harmless; nothing from outside can know it.
    this.mark = randomUUID();
    this.plain = Boolean(env.NO_COLOR || env.CI || env.TERM === 'dumb');
    for (const stream of [stdout, stderr]) {
      // A reader that went away must not change the exit code: it says what became of the digits.
      stream.on('error', () => {});
    }
  }

  /**
   * The outcome of a command, once.
   * @param {string | readonly string[]} line for people; a line break belongs between two lines
   * @param {object} object for machines
   */
  result(line, object) {
    if (this.json) this.data({ schemaVersion: SCHEMA_VERSION, ...object });
    else this.lines([line].flat());
  }

  /** @param {unknown} value */
  data(value) {
    this.print(escaped(JSON.stringify(value)));
  }

  /** @param {readonly string[]} lines */
  lines(lines) {
    for (const line of lines) this.print(line);
  }

  /** @param {string} line */
  print(line) {
    this.stdout.write(`${this.harmless(line)}\n`);
  }

  /** @param {string} line */
  say(line) {
    this.stderr.write(`${this.harmless(line)}\n`);
  }

  /** @param {string} line */
  harmless(line) {
    return printable(line).replaceAll(this.mark, '\x1b[');
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
    return this.plain || !this.stdout.isTTY ? text : `${this.mark}${COLOURS[colour]}m${text}${this.mark}0m`;
  }
}

/**
 * What a terminal obeys or hides: control characters with line breaks, those that turn the direction of text or have no
 * width (Unicode's general categories Cc and Cf, and the two separators), halves of surrogate pairs.
 */
const OBEYED = /[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/gu;

/**
 * Text without what a terminal obeys.
 * @param {unknown} value
 */
function printable(value) {
  return String(value).replace(OBEYED, '\ufffd');
}

/**
 * The same for JSON, whose value stays what it is.
 * @param {string} json
 */
function escaped(json) {
  return json.replace(OBEYED, (found) =>
    Array.from({ length: found.length }, (_, at) => `\\u${hex(found.charCodeAt(at))}`).join(''),
  );
}

/** @param {number} unit */
function hex(unit) {
  return unit.toString(16).padStart(4, '0');
}

module.exports = { Output, printable, escaped, SCHEMA_VERSION };
