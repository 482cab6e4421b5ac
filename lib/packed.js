'use strict';

/**
 * A value as a word of one text (`crates/engine/src/api/params/words.rs`): its length and itself, marked where it is no
 * text; `-` for one that is missing, `!` for one of a type that no parameter has. `docs/performance.md` has what it saves.
 * @param {unknown} value
 */
function word(value) {
  switch (typeof value) {
    case 'string':
      return `${value.length}:${value}`;
    case 'undefined':
      return '-';
    case 'number':
    case 'boolean': {
      const text = `${value}`;
      return `${typeof value === 'number' ? '#' : '?'}${text.length}:${text}`;
    }
    default:
      return '!';
  }
}

module.exports = { word };
