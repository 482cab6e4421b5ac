'use strict';

/** Which rows of a table a word means. */

const { nearest } = require('./arguments.js');
const { UsageError } = require('./usage-error.js');

/**
 * @template Row
 * @param {readonly string[]} words of the command line; none means every row
 * @param {string} what a row is, for the message
 * @param {readonly Row[]} rows
 * @param {(row: Row) => string[]} namesOf what a row answers to, in any case
 * @returns {readonly Row[]}
 */
function chosen([word, ...more], what, rows, namesOf) {
  if (more.length > 0) throw new UsageError(`One name at most, not ${more.length + 1}`);
  if (word === undefined) return rows;
  const wanted = word.toLowerCase();
  const found = rows.filter((row) => namesOf(row).some((name) => name.toLowerCase() === wanted));
  if (found.length > 0) return found;
  const names = new Map(rows.flatMap(namesOf).map((name) => [name.toLowerCase(), name]));
  const near = nearest(wanted, [...names.keys()]);
  // The word is not repeated: it may be anything.
  throw new UsageError(
    `There is no such name of ${what}`,
    near ? `Did you mean ${names.get(near)}?` : 'Without a name the command prints all.',
  );
}

module.exports = { chosen };
