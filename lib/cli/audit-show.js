'use strict';

/**
 * Prints the records of an audit log for people, without checking them.
 */

const { createReadStream } = require('node:fs');
const { createInterface } = require('node:readline');

const { escaped } = require('./output.js');
const { UsageError } = require('./usage-error.js');

/** What every line has is no news, and the seal is for machines. */
const LEFT_OUT = new Set(['v', 'seq', 't', 'mono', 'ev', 'mac']);

/**
 * @param {readonly string[]} files
 * @param {import('./output.js').Output} output
 * @param {AbortSignal} signal
 */
async function show(files, output, signal) {
  for (const file of files) {
    if (files.length > 1 && !output.json) output.say(file);
    const lines = createInterface({ input: createReadStream(file, { signal }), crlfDelay: Infinity });
    try {
      for await (const line of lines) {
        output.print(output.json ? escaped(line) : forPeople(line, output));
        if (output.stdout.writableNeedDrain) await drained(output.stdout);
      }
    } catch (error) {
      signal.throwIfAborted();
      const { code } = /** @type {NodeJS.ErrnoException} */ (error);
      throw new UsageError(`A file cannot be read (${code})`, 'Name files that this user may read.');
    }
  }
}

/** @param {NodeJS.WriteStream} stream */
function drained(stream) {
  return new Promise((resolve) => {
    const done = () => {
      stream.off('drain', done).off('close', done);
      resolve(undefined);
    };
    stream.once('drain', done).once('close', done);
  });
}

/**
 * @param {string} line
 * @param {import('./output.js').Output} output
 */
function forPeople(line, output) {
  const record = parsed(line);
  if (!record) return output.paint('red', 'unreadable');
  const rest = Object.entries(record)
    .filter(([name]) => !LEFT_OUT.has(name))
    .map(([name, value]) => `${name}=${typeof value === 'object' ? JSON.stringify(value) : value}`);
  const head = [record.t, `#${record.seq}`].join('  ');
  const text = [String(record.ev).padEnd(9), ...rest].join('  ').trimEnd();
  return `${output.paint('dim', head)}  ${text}`;
}

/** @param {string} line */
function parsed(line) {
  try {
    const record = JSON.parse(line);
    return typeof record === 'object' && record !== null ? record : undefined;
  } catch {
    return undefined;
  }
}

module.exports = { show };
