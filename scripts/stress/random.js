'use strict';

/**
 * Random numbers that a seed repeats: mulberry32, a generator of 32 bits by Tommy Ettinger.
 *
 * @param {number} seed
 */
function newRandom(seed) {
  let state = seed >>> 0;
  /** At least 0, below 1. */
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  /** A whole number from `low` to `high`. @param {number} low @param {number} high */
  const between = (low, high) => low + Math.floor(next() * (high - low + 1));
  return {
    next,
    between,
    /** @param {number} likely */
    chance: (likely) => next() < likely,
    /** @template T @param {readonly T[]} from @returns {T} */
    pick: (from) => /** @type {T} */ (from[between(0, from.length - 1)]),
  };
}

/** @typedef {ReturnType<typeof newRandom>} Random */

module.exports = { newRandom };
