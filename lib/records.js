'use strict';

/**
 * Records as they come from the engine (`src/record.rs`): taken out of its outbox, and their fields named.
 */

const { failureOf } = require('./failure.js');
const { RECORDS } = require('./names.js');
const { JSONParse } = require('./primordials.js');

/** @typedef {import('./native.d.ts').NativeLane} Lane */
/** @typedef {import('./types.js').Fields} Fields */

/** How many records are taken alone at most when a batch cannot be taken; a batch has no more. */
const LONGEST_BATCH = 256;

/** How many more records are taken alone, since one of a batch could not be taken. */
let alone = 0;

/**
 * The oldest records that can be taken. Where there is no memory for the text of a batch, that of one record is shorter,
 * and shortest without the answer of the platform: what it says of the digits arrives in any case.
 * @param {Lane} lane
 * @returns {(Fields | undefined)[]}
 */
function take(lane) {
  if (alone === 0) {
    try {
      return parsed(lane.batch()) ?? [];
    } catch {
      alone = LONGEST_BATCH;
    }
  }
  alone -= 1;
  return takeOne(lane, false) ?? takeShortened(lane);
}

/**
 * Takes a record without the answer that there is no memory for. The next one is in a batch again.
 * @param {Lane} lane
 */
function takeShortened(lane) {
  alone = 0;
  // What cannot be taken at all must not keep the others.
  return takeOne(lane, true) ?? [undefined];
}

/**
 * @param {Lane} lane
 * @param {boolean} short
 * @returns {Fields[] | undefined} `undefined` when it cannot be taken
 */
function takeOne(lane, short) {
  try {
    const record = parsed(lane.oldest(short));
    return record ? [record] : [];
  } catch {
    return undefined;
  }
}

/** @param {string | null} text */
function parsed(text) {
  return text === null ? undefined : JSONParse(text);
}

/** @param {Fields} record */
function named(record) {
  const fields = RECORDS[record[0]](record);
  fields.error = fields.error ? failureOf(fields.error, fields.answer) : undefined;
  return fields;
}

module.exports = { named, take };
