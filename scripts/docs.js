'use strict';

// Puts into the pages what lives elsewhere: files behind `<!-- file: … -->`, and the table of faults
// between `<!-- faults -->` and `<!-- /faults -->`. A test compares, so that no page tells old news.
//
//   node scripts/docs.js

const fs = require('node:fs');
const path = require('node:path');

const ROOT = path.join(__dirname, '..');
const PAGES = ['docs/testing.md', 'docs/cxone.md'];

const FILE = /(<!-- file: (\S+) -->\n)```(\w+)\n[\s\S]*?^```$/gm;
const FAULTS = /(<!-- faults -->\n)[\s\S]*?(<!-- \/faults -->)/g;

/** @param {string} page */
function render(page) {
  const { markdown } = require('./lib/fault-table.js');
  return page
    .replace(FILE, (_, marker, name, language) => {
      const text = fs.readFileSync(path.join(ROOT, name), 'utf8').replaceAll('\r\n', '\n');
      return `${marker}\`\`\`${language}\n${text}\`\`\``;
    })
    .replace(FAULTS, (_, start, end) => `${start}\n${markdown()}\n\n${end}`);
}

/** The names of the files that a page holds. @param {string} page */
function filesOf(page) {
  return Array.from(page.matchAll(FILE), ([, , name]) => name);
}

module.exports = { ROOT, PAGES, render, filesOf };

if (require.main === module) {
  for (const name of PAGES) {
    const file = path.join(ROOT, name);
    fs.writeFileSync(file, render(fs.readFileSync(file, 'utf8')));
  }
}
