'use strict';

/**
 * Writes `lib/names.js`: the names of what crosses from the engine without names.
 */

/** When a field is there that every entry has (`src/outcome_fields.rs`). */
const ALWAYS = 'always';

/**
 * @param {Record<string, string[]>} records the names of the fields of each kind, in their order
 * @param {readonly { name: string, shown: string | null }[]} outcome the fields of an entry, in their order
 */
function render(records, outcome) {
  const always = outcome.filter(({ shown }) => shown === ALWAYS);
  const sometimes = outcome.filter(({ shown }) => shown !== ALWAYS);
  return `'use strict';

/**
 * The names of what crosses from the engine without names. Written by \`node scripts/docs.js\` from the tables of
 * \`src/record.rs\` and \`src/outcome_fields.rs\`, as literals: \`docs/performance.md\` has what they save.
 */

/** @typedef {import('./types.js').Fields} Fields */

/**
 * The fields of a record, by its kind. \`any\`: which ones a kind has is the engine's to say.
 * @type {Record<string, (record: Fields) => any>}
 */
const RECORDS = {
${Object.entries(records).map(record).join('')}};

/**
 * The entry of an injection that ended. \`any\`: \`index.d.ts\` has its type.
 * @param {Fields} values
 */
function entry(values) {
  /** @type {any} */
  const fields = {
${always.map(({ name }, n) => `    ${name}: values[${n}],\n`).join('')}  };
  const present = values[values.length - 1];
  if (present === 0) return fields;
  let next = ${always.length};
${sometimes.map(({ name }, n) => `  if (present & ${2 ** n}) fields.${name} = values[next++];\n`).join('')}  return fields;
}

module.exports = { RECORDS, entry };
`;
}

/** @param {[kind: string, names: string[]]} record */
function record([kind, names]) {
  const fields = names.map((name, n) => `    ${name}: record[${n + 1}],\n`);
  return `  ${kind}: (record) => ({\n${fields.join('')}  }),\n`;
}

module.exports = { render };
