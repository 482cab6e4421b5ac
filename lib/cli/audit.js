'use strict';

const { check, keysFrom, textFrom } = require('./audit-check.js');
const { show } = require('./audit-show.js');
const { prune, rekey } = require('./audit-upkeep.js');
const { UsageError } = require('./usage-error.js');

/** What `audit verify` and `audit in-doubt` end with. Stable: scripts branch on these numbers. */
const AUDIT_EXIT = Object.freeze({ INTACT: 0, TAMPERED: 1, TORN: 2, FAILED: 3, IN_DOUBT: 4, GAP: 5 });

const help = `Usage: cxone-dtmf audit verify|in-doubt|show|prune|rekey <files or directories...> [options]

Reads an audit log. Name its directory, or all its files: what is missing between them is found then.

  verify      check that nothing was altered, and name what was
  in-doubt    list the injections of which nobody knows whether their digits were pressed
  show        print the records of files, without checking them
  prune       remove files of a directory whose last record is older than --before, and write that down
  rekey       write down that files with the key of --new-key-file follow those with the key of --key-file

Options:
  --key-file <file>   the key of the log; may be given several times, for several keys. in-doubt reads without it too, and
                      checks nothing then
  --anchors <file>    anchors that were kept elsewhere: what is missing at the end is found too
  --before <date>     for prune: such as 2026-01-31
  --new-key-file <file>  for rekey
  --json              one JSON object on standard output; for show, the lines as they are

Exit codes: ${AUDIT_EXIT.INTACT} intact, ${AUDIT_EXIT.TAMPERED} tampered, ${AUDIT_EXIT.TORN} a torn line at an end \
and nothing else, ${AUDIT_EXIT.FAILED} usage, or a file or the key
cannot be read, ${AUDIT_EXIT.IN_DOUBT} not altered, but injections of processes that ended have no outcome, \
${AUDIT_EXIT.GAP} not altered, but the
log says that it could not take records.

Example:
  cxone-dtmf audit verify --key-file audit.key --anchors anchors.txt /var/log/dtmf
`;

/** @type {import('./arguments.js').OptionSpecs} */
const options = {
  'key-file': { type: 'string', multiple: true },
  anchors: { type: 'string' },
  before: { type: 'string' },
  'new-key-file': { type: 'string' },
};

/** @type {Readonly<Record<string, (report: import('../types.js').AuditReport, output: import('./output.js').Output) => void>>} */
const PRINT = Object.freeze({ verify: printVerdict, 'in-doubt': printInDoubt });

const WORDS = new Set(['verify', 'in-doubt', 'show', 'prune', 'rekey']);

/**
 * @param {import('./main.js').Context} context
 * @returns {Promise<number>}
 */
async function run({ values, stderr, output, signal }) {
  const [word, ...paths] = values.words;
  const known = `${[...WORDS].join(', ')}.`;
  if (word === undefined) throw new UsageError('There is no word after audit', `Known: ${known}`);
  if (!WORDS.has(word)) throw new UsageError('Unknown word after audit', `Known: ${known}`);
  if (paths.length === 0) throw new UsageError('There are no files', 'Name the directory of the log.');
  if (word === 'show') {
    await show(paths, output, signal);
    return AUDIT_EXIT.INTACT;
  }
  const keys = keysFrom(values['key-file'] ?? []);
  if (word === 'prune' || word === 'rekey') {
    const [directory, ...others] = paths;
    if (others.length > 0) throw new UsageError(`${word} takes one directory`);
    const work = { directory, keys, stderr, signal };
    const next = values['new-key-file'];
    if (word === 'prune') await prune(work, values.before, output);
    else if (next === undefined || keys.length === 0)
      throw new UsageError('rekey needs --key-file and --new-key-file');
    else await rekey(work, keysFrom([next]), output);
    return AUDIT_EXIT.INTACT;
  }
  const anchors = values.anchors === undefined ? '' : textFrom('anchors', values.anchors).toString('utf8');
  const trusts = word === 'in-doubt' && keys.length === 0;
  const report = await check({ paths, keys, anchors, trusts, stderr, signal });
  if (trusts) output.say('No seal was checked: give the key with --key-file.');
  if (output.json) output.result('', { ok: report.exitCode === AUDIT_EXIT.INTACT, ...report });
  else PRINT[word](report, output);
  return report.exitCode;
}

const COLOUR = /** @type {const} */ ({
  intact: 'green',
  tampered: 'red',
  torn: 'yellow',
  gap: 'yellow',
  'in-doubt': 'yellow',
});

/**
 * @param {import('../types.js').AuditReport} report
 * @param {import('./output.js').Output} output
 */
function printVerdict(report, output) {
  const { verdict, files, findings, damages, inDoubt, moreInDoubt, unknown, underWay } = report;
  const { lost, anchors, prunedAnchors, uncheckedAnchors, records } = report;
  for (const { file, line, byte, message } of findings) {
    const place = line > 0 ? `${file}:${line} (byte ${byte})` : file;
    output.print(`${output.paint('red', '✗')} ${place ? `${place}: ` : ''}${message}`);
  }
  if (damages > findings.length) output.print(`  and ${damages - findings.length} more`);
  printRemarks(report, output);
  printDoubts(report.inDoubt, output);
  const ended = files.filter(({ closed, written, checked }) => checked && !closed && !written);
  /** @type {[number, string][]} */
  const counts = [
    [anchors, plural(anchors, 'anchor')],
    [prunedAnchors, `${plural(prunedAnchors, 'anchor')} of removed files`],
    [uncheckedAnchors, `${plural(uncheckedAnchors, 'anchor')} not checked`],
    [damages, plural(damages, 'finding')],
    [inDoubt.length + moreInDoubt, `${inDoubt.length + moreInDoubt} in doubt`],
    [unknown.length, plural(unknown.length, 'unknown outcome')],
    [underWay, `${underWay} under way`],
    [lost, `${plural(lost, 'record')} lost by the log itself`],
    [ended.length, `${plural(ended.length, 'file')} not closed`],
  ];
  const sums = counts.filter(([count]) => count > 0).map(([, text]) => text);
  const colour = COLOUR[/** @type {keyof COLOUR} */ (verdict)];
  const all = [
    output.paint(colour, verdict),
    plural(files.length, 'file'),
    plural(records, 'record'),
    ...sums,
  ];
  output.print(all.join('  '));
}

/**
 * What is no alteration, and should be known.
 * @param {import('../types.js').AuditReport} report
 * @param {import('./output.js').Output} output
 */
function printRemarks({ files, gaps, forgotten }, output) {
  const mark = output.paint('yellow', '!');
  for (const { file, torn, next, checked } of files) {
    if (torn !== null) output.print(`${mark} ${file}:${torn}: the line is torn`);
    if (next !== null) output.print(`${mark} ${file}: the log goes on in ${next}, which is not there`);
    if (!checked) output.print(`${mark} ${file}: not checked: its key was announced, and not given`);
  }
  if (forgotten > 0) {
    const many = plural(forgotten, 'record');
    output.print(`${mark} ${many} of removed files or of keys found no room, and do not count`);
  }
  for (const { file, line, lost, first, last } of gaps) {
    const ids = first === null ? '' : `, of injections ${first} to ${last}`;
    output.print(`${mark} ${file}:${line}: the log could not take ${plural(lost, 'record')}${ids}`);
  }
}

/**
 * @param {import('../types.js').AuditReport} report
 * @param {import('./output.js').Output} output
 */
function printInDoubt({ inDoubt, unknown, moreInDoubt, damages }, output) {
  printDoubts(inDoubt, output);
  printDoubts(unknown, output, 'unknown ');
  if (moreInDoubt > 0) output.say(`and ${moreInDoubt} more`);
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
  summary: 'verify an audit log, list what is in doubt, remove what is old',
  help,
  options,
  words: true,
  failure: AUDIT_EXIT.FAILED,
  run,
};
