'use strict';

const { columns, plain } = require('./columns.js');
const { EXIT } = require('./exit-codes.js');
const { chosen } = require('./lookup.js');

const help = `Usage: cxone-dtmf errors [code] [options]

Prints the error codes: when each occurs, what is known of the digits, and what to do. A code may be written as in
error.code, or without ERR_DTMF_; small letters will do.

Options:
  --json   one JSON object on standard output

Exit codes: 0 printed, 2 usage, such as a code that does not exist.

Examples:
  cxone-dtmf errors
  cxone-dtmf errors outcome_unknown
`;

/**
 * @param {import('./main.js').Context} context
 * @returns {Promise<number>}
 */
async function run({ values, output }) {
  const { pageOf } = require('../errors.js');
  const { tables } = require('../tables.js');
  const errors = chosen(values.words, 'an error code', tables().errors, ({ code }) => [
    code,
    code.replace(/^ERR_DTMF_/, ''),
  ]);
  if (output.json) {
    const rows = errors.map(({ code, when, deliveries, advice, exit }) => {
      return { code, when, deliveries, advice, exitCode: exit, docs: pageOf(code) };
    });
    output.result('', { errors: rows });
    return EXIT.OK;
  }
  const single = values.words.length > 0;
  const rows = errors.flatMap(({ code, when, deliveries, advice, exit }) =>
    single
      ? [
          ['when', plain(when)],
          ['delivery', deliveries.join(', ')],
          ['what to do', plain(advice)],
          ['exit code', String(exit)],
          ['page', pageOf(code)],
        ]
      : [
          [code, plain(when)],
          ['', `${deliveries.join(', ')}; exit code ${exit}`],
          ['', `→ ${plain(advice)}`],
        ],
  );
  if (single) for (const { code } of errors) output.print(output.paint('yellow', code));
  const lines = columns(rows, output.width, (text) => output.paint(single ? 'dim' : 'yellow', text));
  for (const line of lines) output.print(line);
  return EXIT.OK;
}

module.exports = {
  name: 'errors',
  summary: 'print the error codes, with advice',
  help,
  options: {},
  words: true,
  run,
};
