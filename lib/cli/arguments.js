'use strict';

/**
 * Reads arguments. node:util does the splitting; the rules and the messages are ours, since its own messages
 * repeat what was typed, and that may be digits.
 */

const { parseArgs } = require('node:util');
const { UsageError } = require('./usage-error.js');

/**
 * @typedef {object} OptionSpec
 * @property {'string' | 'boolean'} type
 * @property {string} [short]
 * @property {boolean} [multiple]
 * @property {readonly [min: number, max: number]} [whole] the value is a whole number within these bounds
 * @property {readonly [min: number, max: number]} [number] the value is a number within these bounds
 */
/** @typedef {Readonly<Record<string, OptionSpec>>} OptionSpecs */
/** @typedef {Record<string, any>} Values */

/** @type {OptionSpecs} */
const COMMON = Object.freeze({
  help: { type: 'boolean', short: 'h' },
  version: { type: 'boolean', short: 'V' },
  json: { type: 'boolean' },
});

const DIGIT_LIKE = /^[\s0-9*#A-Da-d,.+-]+$/;
const DIGIT_OPTIONS = ['digits', 'dtmf', 'dtmf-string', 'pin', 'sequence'];
const SECRET_OPTIONS = ['client-secret', 'access-key-secret', 'secret', 'password', 'token'];

const DIGITS_HINT =
  'Digits never go on the command line: other users see it in the process list, and the shell keeps it in its ' +
  'history. Pipe them in, or start the command on a terminal and type them at the prompt.';
const SECRET_HINT =
  'Secrets never go on the command line: other users see it in the process list. Set CXONE_CLIENT_SECRET or ' +
  'CXONE_ACCESS_KEY_SECRET, or name a file with --client-secret-file or --access-key-secret-file.';

/**
 * @param {readonly string[]} args
 * @param {OptionSpecs} specs
 * @param {boolean} [words] whether there may be arguments that belong to no option; they are `values.words`
 * @returns {Values}
 */
function readArguments(args, specs, words = false) {
  const options = Object.fromEntries(
    Object.entries(specs).map(([name, { type, short }]) => [name, { type, ...(short && { short }) }]),
  );
  const { tokens } = parseArgs({
    args: [...args],
    options,
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  /** @type {Values} */
  const values = words ? { words: [] } : {};
  for (const token of tokens) {
    if (token.kind === 'positional') {
      if (!words || DIGIT_LIKE.test(token.value)) throw positional(token.value);
      values.words.push(token.value);
    }
    if (token.kind !== 'option') continue;
    if (!Object.hasOwn(specs, token.name)) throw unknownOption(token.name, Object.keys(specs));
    const spec = specs[token.name];
    const value = valueOf(token, spec);
    if (spec.multiple) (values[token.name] ??= []).push(value);
    else values[token.name] = value;
  }
  return values;
}

/**
 * @param {{ name: string, value?: string, inlineValue?: boolean }} token
 * @param {OptionSpec} spec
 */
function valueOf({ name, value, inlineValue }, spec) {
  if (spec.type === 'boolean') {
    if (value !== undefined) throw new UsageError(`--${name} takes no value`);
    return true;
  }
  if (value === undefined || value === '' || (!inlineValue && value.startsWith('-'))) {
    throw new UsageError(`--${name} needs a value`, `Write --${name}=<value>.`);
  }
  if (spec.whole) return within(name, value, spec.whole, true);
  if (spec.number) return within(name, value, spec.number, false);
  return value;
}

/**
 * @param {string} name
 * @param {string} value
 * @param {readonly [min: number, max: number]} bounds
 * @param {boolean} whole
 */
function within(name, value, [min, max], whole) {
  const number = /^-?\d{1,10}(\.\d{1,10})?$/.test(value) ? Number(value) : NaN;
  if (number >= min && number <= max && (!whole || Number.isInteger(number))) return number;
  throw new UsageError(`--${name} must be a ${whole ? 'whole ' : ''}number from ${min} to ${max}`);
}

/** @param {string} value */
function positional(value) {
  if (DIGIT_LIKE.test(value)) return new UsageError('An argument looks like digits', DIGITS_HINT);
  return new UsageError(
    'There is an argument that belongs to no option',
    'It is not repeated here, since it may be digits or a secret. --help lists the options.',
  );
}

/**
 * @param {string} name
 * @param {readonly string[]} known
 */
function unknownOption(name, known) {
  if (DIGIT_LIKE.test(name)) return new UsageError('An option looks like digits', DIGITS_HINT);
  if (DIGIT_OPTIONS.includes(name)) return new UsageError(`There is no option --${name}`, DIGITS_HINT);
  if (SECRET_OPTIONS.includes(name)) return new UsageError(`There is no option --${name}`, SECRET_HINT);
  // Anything that is not the plain name of an option may be a mistyped value.
  const shown = /^[a-z][a-z-]{1,30}$/.test(name) ? `Unknown option --${name}` : 'Unknown option';
  const near = nearest(name, known);
  return new UsageError(shown, near ? `Did you mean --${near}?` : '--help lists the options.');
}

/**
 * The known word that was probably meant.
 * @param {string} word
 * @param {readonly string[]} known
 * @returns {string | undefined}
 */
function nearest(word, known) {
  if (word.length < 2) return undefined;
  const [best] = known
    .map((name) => ({ name, distance: editDistance(word, name) }))
    .sort((a, b) => a.distance - b.distance);
  if (best?.distance === 1) return best.name;
  const related = known.find((name) => name.startsWith(word) || word.startsWith(name));
  return related ?? (best?.distance === 2 ? best.name : undefined);
}

/**
 * @param {string} a
 * @param {string} b
 */
function editDistance(a, b) {
  let row = Array.from({ length: b.length + 1 }, (_, n) => n);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      next[j] = Math.min(row[j] + 1, next[j - 1] + 1, row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1));
    }
    row = next;
  }
  return row[b.length];
}

module.exports = { COMMON, DIGIT_LIKE, DIGITS_HINT, readArguments, nearest };
