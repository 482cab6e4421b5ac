'use strict';

// How many tests passed, failed and were skipped, as the test runners' own summaries say.

/**
 * @typedef {object} Counts
 * @property {number} passed
 * @property {number} failed
 * @property {number} skipped
 */

/**
 * Adds up all summaries of `cargo test`, one per test binary. What was filtered out was asked to be skipped.
 *
 * @param {string} output
 * @returns {Counts}
 */
function ofCargo(output) {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  const summary =
    /^test result: \w+\. (\d+) passed; (\d+) failed; (\d+) ignored; \d+ measured; (\d+) filtered out/gm;
  for (const [, passed, failed, ignored, filtered] of output.matchAll(summary)) {
    counts.passed += Number(passed);
    counts.failed += Number(failed);
    counts.skipped += Number(ignored) + Number(filtered);
  }
  return counts;
}

/**
 * Reads the last summary of Jest: a test may print a line that looks like one.
 *
 * @param {string} output
 * @returns {Counts}
 */
function ofJest(output) {
  const summary = [...output.matchAll(/^Tests: +(.*\d+ total)$/gm)].at(-1)?.[1] ?? '';
  const of = (/** @type {string} */ word) => Number(new RegExp(`(\\d+) ${word}\\b`).exec(summary)?.[1] ?? 0);
  return { passed: of('passed'), failed: of('failed'), skipped: of('skipped') + of('todo') };
}

/**
 * The closing line of `npm test`, which a CI reads.
 *
 * @param {Counts} counts
 * @returns {string}
 */
function line({ passed, failed, skipped }) {
  const tail = skipped > 0 ? `, ${skipped} skipped` : '';
  return `${passed} passed, ${failed} failed${tail}`;
}

module.exports = { line, ofCargo, ofJest };
