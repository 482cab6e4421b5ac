'use strict';

/**
 * Values in one text, each with its length before it, and `-` for one that is missing
 * (`crates/engine/src/api/params/packed.rs`); `docs/performance.md` has what it saves.
 * @param {readonly (string | number | boolean | null | undefined)[]} values
 */
function packed(values) {
  let text = '';
  for (let n = 0; n < values.length; n += 1) {
    const value = values[n];
    if (value === null || value === undefined) text += '-';
    else {
      const word = `${value}`;
      text += `${word.length}:${word}`;
    }
  }
  return text;
}

module.exports = { packed };
