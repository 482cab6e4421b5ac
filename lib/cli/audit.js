'use strict';

const { check, keysFrom, textFrom } = require('./audit-check.js');
const { show } = require('./audit-show.js');
const { UsageError } = require('./usage-error.js');

/** What `audit verify` and `audit in-doubt` end with. Stable: scripts branch on these numbers. */
const AUDIT_EXIT = Object.freeze({ INTACT: 0, TAMPERED: 1, TORN: 2, FAILED: 3, IN_DOUBT: 4 });

const help = `Usage: cxone-dtmf audit verify|in-doubt|show <files...> [options]

Reads the files of an audit log. Give all files of a log together: what is missing between them is found then.

  verify      check that nothing was altered, and name what was
  in-doubt    list the injections of which nobody knows whether their digits were pressed
  show        print the records, without checking them

Options:
  --key-file <file>   the key of the log; may be given several times, for several keys
  --anchors <file>    anchors that were kept elsewhere: what is missing at the end is found too
  --json              one JSON object on standard output; for show, the lines as they are

Exit codes: ${AUDIT_EXIT.INTACT} intact, ${AUDIT_EXIT.TAMPERED} tampered, ${AUDIT_EXIT.TORN} a torn line at an end \
and nothing else, ${AUDIT_EXIT.FAILED} usage, or a file or the key
cannot be read, ${AUDIT_EXIT.IN_DOUBT} intact, but injections have no outcome.

Example:
  cxone-dtmf audit verify --key-file audit.key --anchors anchors.txt /var/log/dtmf/*.jsonl
`;

/** @type {import('./arguments.js').OptionSpecs} */
const options = {
  'key-file': { type: 'string', multiple: true },
  anchors: { type: 'string' },
};

/** @type {Readonly<Record<string, (report: import('../types.js').AuditReport, output: import('./output.js').Output) => void>>} */
const PRINT = Object.freeze({ verify: printVerdict, 'in-doubt': printInDoubt });

/**
 * @param {import('./main.js').Context} context
 * @returns {Promise<number>}
 */
async function run({ values, stderr, output, signal }) {
  const [word, ...files] = values.words;
  if (word === undefined)
    throw new UsageError('There is no word after audit', 'Write verify, in-doubt or show.');
  if (word !== 'show' && !Object.hasOwn(PRINT, word)) {
    throw new UsageError('Unknown word after audit', 'Known: verify, in-doubt, show.');
  }
  if (files.length === 0) throw new UsageError('There are no files', 'Name all files of the log.');
  if (word === 'show') {
    await show(files, output, signal);
    return AUDIT_EXIT.INTACT;
  }
  const keys = keysFrom(values['key-file'] ?? []);
  const anchors = values.anchors === undefined ? '' : textFrom('anchors', values.anchors).toString('utf8');
  const report = await check({ files, keys, anchors }, stderr, signal);
  if (output.json) output.result('', { ok: report.exitCode === AUDIT_EXIT.INTACT, ...report });
  else PRINT[word](report, output);
  return report.exitCode;
}

const COLOUR = /** @type {const} */ ({
  intact: 'green',
  tampered: 'red',
  torn: 'yellow',
  'in-doubt': 'yellow',
});

/**
 * @param {import('../types.js').AuditReport} report
 * @param {import('./output.js').Output} output
 */
function printVerdict(report, output) {
  const { verdict, files, findings, damages, inDoubt, unknown, lost, anchors, records } = report;
  for (const { file, line, byte, message } of findings) {
    const place = line > 0 ? `${file}:${line} (byte ${byte})` : file;
    output.print(`${output.paint('red', '✗')} ${place ? `${place}: ` : ''}${message}`);
  }
  if (damages > findings.length) output.print(`  and ${damages - findings.length} more`);
  for (const { file, torn } of files) {
    if (torn !== null) output.print(`${output.paint('yellow', '!')} ${file}:${torn}: the line is torn`);
  }
  printDoubts(inDoubt, output);
  const counts = [
    plural(files.length, 'file'),
    plural(records, 'record'),
    ...(anchors > 0 ? [plural(anchors, 'anchor')] : []),
    ...(damages > 0 ? [plural(damages, 'finding')] : []),
    ...(inDoubt.length > 0 ? [`${inDoubt.length} in doubt`] : []),
    ...(unknown.length > 0 ? [plural(unknown.length, 'unknown outcome')] : []),
    ...(lost > 0 ? [`${plural(lost, 'record')} lost by the log itself`] : []),
  ];
  output.print([output.paint(COLOUR[/** @type {keyof COLOUR} */ (verdict)], verdict), ...counts].join('  '));
}

/**
 * @param {import('../types.js').AuditReport} report
 * @param {import('./output.js').Output} output
 */
function printInDoubt({ inDoubt, unknown, damages }, output) {
  printDoubts(inDoubt, output);
  printDoubts(unknown, output, 'unknown ');
  if (inDoubt.length + unknown.length === 0) output.say('No injection is in doubt.');
  if (damages > 0) output.say('The log was altered, so this list may be wrong: run audit verify.');
}

/**
 * @param {readonly import('../types.js').AuditDoubt[]} injections
 * @param {import('./output.js').Output} output
 * @param {string} [what]
 */
function printDoubts(injections, output, what = 'in doubt') {
  for (const { timestamp, callId, attempt, injectionId, origin } of injections) {
    const words = [timestamp, `call ${callId}`, `attempt ${attempt}`, `injection ${injectionId}`, origin];
    output.print([output.paint('yellow', what), ...words].join('  '));
  }
}

/**
 * @param {number} count
 * @param {string} what
 */
function plural(count, what) {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}

module.exports = {
  name: 'audit',
  summary: 'verify an audit log, and list what is in doubt',
  help,
  options,
  words: true,
  failure: AUDIT_EXIT.FAILED,
  run,
};
