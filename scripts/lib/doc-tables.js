'use strict';

// The engine's tables as Markdown: what `scripts/docs.js` puts between `<!-- table: name -->` and `<!-- /table -->`.

const { defaultOf, limitsOf } = require('../../lib/tables.js');
const faults = require('./fault-table.js');

/** @typedef {import('../../lib/tables.js').Tables} Tables */
/** @typedef {import('../../lib/tables.js').Option} Option */

/** What takes each section's options, as the pages say it. @type {Record<string, string>} */
const SECTIONS = {
  injector: '`new DtmfInjector(auth, config)`',
  auth: '`new CXoneAuthClient(config)`',
  injection: '`injectDTMF(params, options)`, `injectWithRetry(injector, params, maxRetries, options)`',
  lock: '`acquireChannelLock(callId, options)`, `withChannelLock(callId, fn, options)`',
  close: '`close(options)`',
  simulator: '`startSimulator(options)`',
};

/** @param {string} text */
const code = (text) => `\`${text}\``;
/** @param {string[]} texts */
const codes = (texts) => texts.map(code).join(', ');
/** @param {string} text */
const cell = (text) => text.replaceAll('|', '\\|').replace(/\.$/, '');
/** @param {string} text */
const sentence = (text) => (text.endsWith('.') ? text : `${text}.`);

/**
 * @param {string[]} head
 * @param {string[][]} rows
 */
function table(head, rows) {
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

/** @param {Option} option */
function unitOf({ unit }) {
  return unit ? ` ${unit}` : '';
}

/** @param {Option} option */
function defaultCell(option) {
  const text = defaultOf(option);
  if (option.required || option.defaultDoc) return cell(text);
  if (text === 'none') return text;
  return typeof option.default === 'number' ? `${text}${unitOf(option)}` : code(text);
}

/** The default with what it may be instead, for the table that has no types. @param {Option} option */
function choiceCell(option) {
  const others = option.choices?.filter((choice) => choice !== option.default) ?? [];
  if (option.type !== 'choice' || others.length === 0) return defaultCell(option);
  return `${defaultCell(option)}, or ${others.map((choice) => code(`'${choice}'`)).join(', ')}`;
}

/** @param {Option} option */
function typeCell({ type, choices }) {
  return choices?.length
    ? choices.map((choice) => code(`'${choice}'`)).join(', ')
    : type.replaceAll('-', ' ');
}

/** @param {Option} option */
function meaning({ doc, onlyWith }) {
  if (!onlyWith) return cell(doc);
  const values = onlyWith.values.map((value) => code(`'${value}'`)).join(' or ');
  return `${cell(doc)}. Only with \`${onlyWith.option}\` ${values}`;
}

/** The short table of the README: no limits. @param {Option[]} options */
function shortOptions(options) {
  // What must be there comes first, what is in an object last.
  const rank = (/** @type {Option} */ { path, required }) => (path.includes('.') ? 2 : required ? 0 : 1);
  const rows = options
    .filter(({ type }) => type !== 'object')
    .sort((a, b) => rank(a) - rank(b))
    .map((option) => [
      code(option.path),
      choiceCell(option),
      // The page says for which profile a table is.
      meaning(option.profile ? { ...option, onlyWith: undefined } : option),
    ]);
  return table(['option', 'default', 'meaning'], rows);
}

/** @param {Option[]} options */
function longOptions(options) {
  const rows = options.map((option) => {
    const limits = limitsOf(option);
    return [
      code(option.path),
      typeCell(option),
      defaultCell(option),
      limits && `${limits}${unitOf(option)}`,
      meaning(option),
    ];
  });
  return table(['option', 'type', 'default', 'limits', 'meaning'], rows);
}

/**
 * @param {Option[]} options
 * @param {(option: Option) => string} key
 * @returns {[string, Option[]][]} in the order of the table
 */
function grouped(options, key) {
  return [...new Set(options.map(key))].map((name) => [name, options.filter((one) => key(one) === name)]);
}

/** Each section with its options, those of an object in a table of their own. @param {Tables} tables */
function optionSections({ options }) {
  return grouped([...options], ({ section }) => section).map(([section, own]) => {
    const objects = own.filter(({ type }) => type === 'object');
    const plain = own.filter((option) => !objects.includes(option));
    const parts = grouped(plain, ({ path }) => path.split('.').slice(0, -1).join('.')).map(
      ([path, inside]) => {
        const object = objects.find((one) => one.path === path);
        return object
          ? `### ${path}\n\n${sentence(object.doc)}\n\n${longOptions(inside)}`
          : longOptions(inside);
      },
    );
    return [`## ${section}`, `Options of ${SECTIONS[section]}.`, ...parts].join('\n\n');
  });
}

/** @param {Tables} tables */
function errorSections({ errors }) {
  return errors.map(({ code: name, when, deliveries, advice, exit }) =>
    [
      `## ${name}`,
      sentence(when),
      [
        `* Delivery: ${codes(deliveries)}`,
        `* What to do: ${sentence(advice)}`,
        `* Exit code of the command line: ${exit}`,
      ].join('\n'),
    ].join('\n\n'),
  );
}

/** @param {Tables} tables */
function errorTable({ errors }) {
  const rows = errors.map(({ code: name, when, deliveries, advice }) => [
    `[${code(name)}](docs/errors.md#${name.toLowerCase()})`,
    cell(when),
    deliveries.join(', '),
    cell(advice),
  ]);
  return table(['code', 'when', 'delivery', 'what to do'], rows);
}

/** What the numbers mean that the command line ends with. */
const EXITS = /** @type {const} */ ([
  [0, 'Accepted, valid, fine, or stopped'],
  [1, 'Internal; the addon is missing'],
  [2, 'Usage, settings; a port that is taken'],
  [3, 'Digits, ids, type or pause break a rule'],
  [4, 'Token, scope or right'],
  [5, 'Rejected by the platform, the recording could not be masked, or the session has ended'],
  [6, 'Rate limited'],
  [7, 'No connection, or out of time'],
  [8, 'Outcome unknown: do not send again blindly'],
  [130, 'Ended by Ctrl-C (SIGINT)'],
  [143, 'Ended by SIGTERM'],
]);

/** @param {Tables} tables */
function exitCodes({ errors }) {
  const strange = errors.find(({ exit }) => exit < 128 && !EXITS.some(([number]) => number === exit));
  if (strange) throw new Error(`EXITS lacks ${strange.exit}, the exit code of ${strange.code}`);
  const rows = EXITS.map(([number, meaning]) => {
    // An abort ends with the number of its signal, here where only signals abort.
    const of = errors.filter(({ code: name, exit }) =>
      name === 'ABORT_ERR' ? number > 128 : exit === number,
    );
    return [String(number), meaning, codes(of.map(({ code: name }) => name))];
  });
  return table(['Code', 'Meaning', 'Errors'], rows);
}

/** @param {Tables} tables */
function metricTable({ metrics }) {
  const rows = metrics.map(({ name, kind, unit, labels, help }) => {
    const labelled = labels.length > 0 ? `. Labels: ${codes(labels)}` : '';
    return [code(name), kind, unit, cell(help) + labelled];
  });
  return table(['Name', 'Kind', 'Unit', 'Meaning'], rows);
}

/** @param {Tables} tables */
function entryFields({ outcome }) {
  const rows = outcome.flatMap(({ json, shown, doc }) =>
    json === null ? [] : [[code(json), cell(shown ?? ''), cell(doc)]],
  );
  return table(['Field', 'There', 'Meaning'], rows);
}

/** @param {Tables} tables */
function auditFields({ audit }) {
  const rows = audit.map(({ name, shown, doc }) => [code(name), cell(shown ?? ''), cell(doc)]);
  return table(['Field', 'In', 'Meaning'], rows);
}

/** @param {string} section @param {(option: Option) => boolean} [only] */
const short =
  (section, only = () => true) =>
  (/** @type {Tables} */ { options }) =>
    shortOptions(options.filter((option) => option.section === section && only(option)));

/** Each table by the name in its marker. @type {Readonly<Record<string, (tables: Tables) => string>>} */
const TABLES = Object.freeze({
  'options of the injector': short('injector', ({ profile }) => profile !== 'agent-session'),
  'options of agent-session': short('injector', ({ profile }) => profile === 'agent-session'),
  'options of the auth client': short('auth'),
  'options of an injection': short('injection'),
  'all options': (tables) => optionSections(tables).join('\n\n'),
  errors: errorTable,
  'all errors': (tables) => errorSections(tables).join('\n\n'),
  'exit codes': exitCodes,
  metrics: metricTable,
  'fields of an entry': entryFields,
  'fields of the audit log': auditFields,
  faults: () => faults.markdown(),
});

module.exports = { TABLES };
