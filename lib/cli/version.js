'use strict';

const fs = require('node:fs');
const path = require('node:path');

/** @returns {string} of this package */
function packageVersion() {
  const file = path.join(__dirname, '..', '..', 'package.json');
  return JSON.parse(fs.readFileSync(file, 'utf8')).version;
}

module.exports = { packageVersion };
