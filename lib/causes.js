'use strict';

/**
 * What code of the program threw, until no error of the engine refers to it any more. It never leaves JavaScript: the
 * engine carries a number.
 */

const { SafeMap } = require('./primordials.js');

/** @type {Map<number, unknown>} */
const kept = new SafeMap();
let last = 0;

/** @param {unknown} thrown */
function keep(thrown) {
  last += 1;
  kept.set(last, thrown);
  return last;
}

/**
 * @param {number | undefined} number
 * @returns {{ cause: unknown } | undefined}
 */
function keptUnder(number) {
  return number !== undefined && kept.has(number) ? { cause: kept.get(number) } : undefined;
}

/** @param {number} number */
function forget(number) {
  kept.delete(number);
}

module.exports = { keep, keptUnder, forget };
