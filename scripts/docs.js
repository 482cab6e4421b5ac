'use strict';

// Puts into the pages what lives elsewhere: files behind `<!-- file: … -->`, and the engine's tables between
// `<!-- table: … -->` and `<!-- /table -->`; and writes the names of what crosses, `lib/names.js`. A test compares, so
// that neither tells old news.
//
//   node scripts/docs.js     the addon must be built, since it has the tables: npm run build

const fs = require('node:fs');
const path = require('node:path');

const { TABLES } = require('./lib/doc-tables.js');
const names = require('./lib/names.js');

/** @typedef {import('../lib/tables.js').Tables} Tables */

const ROOT = path.join(__dirname, '..');
const PAGES = [
  'README.md',
  'docs/options.md',
  'docs/errors.md',
  'docs/events.md',
  'docs/audit-log.md',
  'docs/metrics.md',
  'docs/cli.md',
  'docs/testing.md',
  'docs/cxone.md',
];

const NAMES = 'lib/names.js';

const FILE = /(<!-- file: (\S+) -->\n)```(\w+)\n[\s\S]*?^```$/gm;
const TABLE = /(<!-- table: ([\w -]+) -->\n)[\s\S]*?(<!-- \/table -->)/g;

/**
 * @param {string} page
 * @param {Tables} [tables]
 */
function render(page, tables = require('../lib/tables.js').tables()) {
  return page
    .replace(FILE, (_, marker, name, language) => {
      const text = fs.readFileSync(path.join(ROOT, name), 'utf8').replaceAll('\r\n', '\n');
      return `${marker}\`\`\`${language}\n${text}\`\`\``;
    })
    .replace(TABLE, (_, start, name, end) => {
      if (!Object.hasOwn(TABLES, name)) throw new Error(`There is no table: ${name}`);
      return `${start}\n${TABLES[name](tables)}\n\n${end}`;
    });
}

/** What `lib/names.js` must be. */
function renderNames() {
  const records = JSON.parse(require('../lib/native.js').laneRecords());
  return names.render(records, require('../lib/tables.js').tables().outcome);
}

/** The names of the files that a page holds. @param {string} page */
function filesOf(page) {
  return Array.from(page.matchAll(FILE), ([, , name]) => name);
}

function main() {
  for (const name of PAGES) {
    const file = path.join(ROOT, name);
    fs.writeFileSync(file, render(fs.readFileSync(file, 'utf8')));
  }
  fs.writeFileSync(path.join(ROOT, NAMES), renderNames());
}

module.exports = { ROOT, PAGES, NAMES, render, renderNames, filesOf };

if (require.main === module) {
  try {
    main();
  } catch (error) {
    // Its message says what to do.
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'ERR_DTMF_NO_ADDON') throw error;
    process.stderr.write(`${/** @type {Error} */ (error).message}\n`);
    process.exitCode = 1;
  }
}
