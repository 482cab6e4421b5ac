'use strict';

const { columns, plain } = require('./columns.js');
const { EXIT } = require('./exit-codes.js');
const { chosen } = require('./lookup.js');

const PAGE = 'docs/options.md';

const help = `Usage: cxone-dtmf options [name] [options]

Prints the options of the library: default, limits and meaning. A name may be that of one option, such as
retry.baseMs or baseMs, of an object, such as retry, or of what takes them: injector, auth, injection, lock or
close. Small letters will do.

Options:
  --json   one JSON object on standard output

Exit codes: 0 printed, 2 usage, such as a name that does not exist.

Examples:
  cxone-dtmf options fleet
  cxone-dtmf options retry.baseMs
`;

/**
 * What an option answers to: its path, its name, the objects that it is in, and its section.
 * @param {import('../tables.js').Option} option
 */
function namesOf({ section, name, path }) {
  const parts = path.split('.');
  const objects = parts.slice(1).map((_, at) => parts.slice(0, at + 1).join('.'));
  return [path, name, ...objects, section];
}

/** @param {readonly string[]} values */
const quoted = (values) => values.map((value) => `'${value}'`).join(', ');

/**
 * @param {import('./main.js').Context} context
 * @returns {Promise<number>}
 */
async function run({ values, output }) {
  const { tables } = require('../tables.js');
  const options = chosen(values.words, 'an option', tables().options, namesOf);
  if (output.json) output.result('', { options: options.map((option) => ({ ...option, docs: PAGE })) });
  else
    for (const section of new Set(options.map((option) => option.section))) print(output, section, options);
  return EXIT.OK;
}

/**
 * @param {import('./output.js').Output} output
 * @param {string} section
 * @param {readonly import('../tables.js').Option[]} options
 */
function print(output, section, options) {
  const { defaultOf, limitsOf } = require('../tables.js');
  output.print(output.paint('yellow', section));
  const rows = options
    .filter((option) => option.section === section)
    .map((option) => {
      const unit = option.unit ? ` ${option.unit}` : '';
      const limits = limitsOf(option);
      const notes = [
        ...(option.defaultDoc ? [`default: ${plain(option.defaultDoc)}`] : []),
        ...(option.choices?.length ? [quoted(option.choices)] : []),
        ...(limits ? [`${limits}${unit}`] : []),
        ...(option.onlyWith ? [`only with ${option.onlyWith.option} ${quoted(option.onlyWith.values)}`] : []),
      ];
      // In words it has no place in a column.
      const known = option.defaultDoc
        ? '–'
        : defaultOf(option) + (typeof option.default === 'number' ? unit : '');
      const doc = plain(option.doc).replace(/\.$/, '');
      return [`  ${option.path}`, known, [doc, ...notes].join('; ')];
    });
  const lines = columns(rows, output.width, (text, at) => (at === 1 ? output.paint('dim', text) : text));
  for (const line of lines) output.print(line);
}

module.exports = {
  name: 'options',
  summary: 'print the options of the library',
  help,
  options: {},
  words: true,
  run,
};
