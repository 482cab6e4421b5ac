'use strict';

/**
 * Prints the records of an audit log for people, without checking them.
 */

const { constants } = require('node:fs');
const { lstat, open } = require('node:fs/promises');

const { escaped } = require('./output.js');
const { UsageError } = require('./usage-error.js');

/** What every line has is no news, and the seal is for machines. */
const LEFT_OUT = new Set(['v', 'seq', 't', 'mono', 'ev', 'mac']);

/** The engine's own bound: no record is longer. */
const MAX_LINE = 4096;
const CHUNK = 65_536;

/** Neither follows a link nor waits for the other end of a pipe. Windows has neither flag. */
const CAREFULLY = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

/**
 * @param {readonly string[]} files
 * @param {import('./output.js').Output} output
 * @param {AbortSignal} signal
 */
async function show(files, output, signal) {
  for (const file of files) {
    if (files.length > 1 && !output.json) output.say(file);
    try {
      for await (const line of linesOf(file, signal)) {
        if (output.json && line === undefined) output.say('A line is longer than any record');
        else output.print(output.json ? escaped(String(line)) : forPeople(line, output));
        if (output.stdout.writableNeedDrain) await drained(output.stdout);
      }
    } catch (error) {
      signal.throwIfAborted();
      const { code } = /** @type {NodeJS.ErrnoException} */ (error);
      throw new UsageError(`A file cannot be read (${code})`, 'Name files that this user may read.');
    }
  }
}

/**
 * The lines of a file, in bounded memory; `undefined` for one that is too long.
 * @param {string} file
 * @param {AbortSignal} signal
 * @returns {AsyncGenerator<string | undefined>}
 */
async function* linesOf(file, signal) {
  const handle = await opened(file);
  try {
    const chunk = Buffer.alloc(CHUNK);
    /** @type {string | undefined} */
    let line = '';
    for (;;) {
      signal.throwIfAborted();
      const { bytesRead } = await handle.read(chunk, 0, CHUNK, null);
      if (bytesRead === 0) break;
      for (const [n, part] of chunk.toString('latin1', 0, bytesRead).split('\n').entries()) {
        if (n > 0) {
          yield line;
          line = '';
        }
        if (line !== undefined) line = line.length + part.length > MAX_LINE ? undefined : line + part;
      }
    }
    if (line !== '') yield line;
  } finally {
    await handle.close();
  }
}

/** @param {string} file */
async function opened(file) {
  const noFile = Object.assign(new Error(), { code: 'no regular file' });
  if (!(await lstat(file)).isFile()) throw noFile;
  const handle = await open(file, CAREFULLY);
  if ((await handle.stat()).isFile()) return handle;
  await handle.close();
  throw noFile;
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
 * @param {string | undefined} line
 * @param {import('./output.js').Output} output
 */
function forPeople(line, output) {
  const record = line === undefined ? undefined : parsed(line);
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
