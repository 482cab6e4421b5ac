'use strict';

/**
 * Where digits come from: standard input, or a hidden prompt. Never an argument.
 */

const { addAbortSignal } = require('node:stream');
const { askHidden } = require('./prompt.js');
const { UsageError } = require('./usage-error.js');

/** Far more than a sequence has; whatever is longer is refused as too long anyway. */
const MAX_CHARACTERS = 4096;

/** @type {import('./arguments.js').OptionSpecs} */
const DIGIT_OPTIONS = Object.freeze({ 'digits-stdin': { type: 'boolean' } });

/**
 * @param {object} from
 * @param {import('./arguments.js').Values} from.values
 * @param {NodeJS.ReadStream} from.stdin
 * @param {NodeJS.WriteStream} from.stderr
 * @param {AbortSignal} from.signal
 * @returns {Promise<string>}
 */
async function readDigits({ values, stdin, stderr, signal }) {
  if (!stdin.isTTY) return readAll(stdin, signal);
  if (values['digits-stdin']) {
    throw new UsageError(
      '--digits-stdin was given, but standard input is a terminal, which would show the digits',
      'Pipe the digits in, or leave --digits-stdin away and type them at the hidden prompt.',
    );
  }
  return askHidden(stdin, stderr, signal);
}

/**
 * @param {NodeJS.ReadStream} stdin
 * @param {AbortSignal} signal
 */
async function readAll(stdin, signal) {
  let text = '';
  try {
    for await (const chunk of addAbortSignal(signal, stdin.setEncoding('utf8'))) {
      text += chunk;
      if (text.length > MAX_CHARACTERS) break;
    }
  } catch (error) {
    throw signal.aborted ? signal.reason : error;
  }
  // Shells and editors end a line with a line break, PowerShell begins a pipe with a byte order mark.
  return text.replace(/^\uFEFF/, '').replace(/\r?\n$/, '');
}

module.exports = { DIGIT_OPTIONS, readDigits };
