'use strict';

// Runs a command as on a terminal of some width.

const { stripVTControlCharacters } = require('node:util');

const { Output } = require('../../lib/cli/output.js');

/**
 * @param {(context: object) => Promise<number>} run of the command
 * @param {string[]} words
 * @param {number} columns
 * @param {Record<string, string>} [env]
 */
async function onTerminal(run, words, columns, env = {}) {
  let coloured = '';
  const stream = { isTTY: true, columns, on() {}, write: (text) => (coloured += text) };
  const output = new Output({ stdout: stream, stderr: stream, env, json: false });
  expect(await run({ values: { words }, output })).toBe(0);
  return { coloured, plain: stripVTControlCharacters(coloured).trimEnd().split('\n') };
}

module.exports = { onTerminal };
