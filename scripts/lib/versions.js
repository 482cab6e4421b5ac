'use strict';

// The version stands in several files; they have to agree before anything is packed.

const fs = require('node:fs');
const path = require('node:path');

/**
 * @param {string} text
 * @param {RegExp} pattern with one group
 */
function found(text, pattern) {
  return pattern.exec(text)?.[1];
}

/**
 * What is wrong, one line each.
 *
 * @param {string} root
 * @param {{ release: boolean }} options a release has a dated heading in the changelog and says where its sources are
 * @returns {string[]}
 */
function problems(root, { release }) {
  const text = (/** @type {string} */ name) => fs.readFileSync(path.join(root, name), 'utf8');
  const { version, repository } = JSON.parse(text('package.json'));
  const lock = JSON.parse(text('package-lock.json'));
  const places = {
    'package-lock.json': lock.version,
    'package-lock.json, packages[""]': lock.packages?.['']?.version,
    'Cargo.toml': found(text('Cargo.toml'), /^version = "([^"]+)"/m),
    'Cargo.lock': found(text('Cargo.lock'), /^name = "cxone-dtmf"\r?\nversion = "([^"]+)"/m),
  };
  const lines = Object.entries(places)
    .filter(([, other]) => other !== version)
    .map(([place, other]) => `package.json has version ${version} and ${place} has ${other}.`);
  if (!release) return lines;

  const heading = `## ${version} (`;
  const date = text('CHANGELOG.md')
    .split(/\r?\n/)
    .find((entry) => entry.startsWith(heading))
    ?.slice(heading.length, -1);
  if (!/^\d{4}-\d\d-\d\d$/.test(date ?? '')) {
    lines.push(`CHANGELOG.md needs the heading "${heading}<year>-<month>-<day>)".`);
  }
  if (!repository)
    lines.push('package.json needs "repository": npm checks the provenance of a release against it.');
  return lines;
}

module.exports = { problems };
