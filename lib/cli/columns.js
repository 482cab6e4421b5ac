'use strict';

/** Rows of text in aligned columns. The last column is wrapped to the width that is left for it. */

const GAP = 2;
/** Below this a wrapped column is harder to read than one that the terminal breaks. */
const LEAST = 24;

/**
 * @param {readonly (readonly string[])[]} rows
 * @param {number} width of the whole; Infinity does not wrap
 * @param {(text: string, column: number) => string} [paint] colours a cell that is not blank
 * @returns {string[]} lines
 */
function columns(rows, width, paint = (text) => text) {
  const last = Math.max(...rows.map((row) => row.length)) - 1;
  const widths = Array.from(
    { length: last },
    (_, at) => Math.max(...rows.map((row) => row[at].length)) + GAP,
  );
  const indent = widths.reduce((sum, one) => sum + one, 0);
  return rows.flatMap((row) => {
    const [first, ...more] = wrapped(row[last], Math.max(width - indent, LEAST));
    const cells = widths.map((one, at) => (row[at] && paint(row[at], at)) + ' '.repeat(one - row[at].length));
    return [cells.join('') + first, ...more.map((line) => ' '.repeat(indent) + line)].map((line) =>
      line.trimEnd(),
    );
  });
}

/**
 * @param {string} text
 * @param {number} width a longer word stands alone
 */
function wrapped(text, width) {
  const lines = [''];
  for (const word of text.split(' ')) {
    const line = lines[lines.length - 1];
    if (line !== '' && line.length + 1 + word.length > width) lines.push(word);
    else lines[lines.length - 1] = line === '' ? word : `${line} ${word}`;
  }
  return lines;
}

/** Text of the documentation, without the marks of Markdown. @param {string} text */
function plain(text) {
  return text.replace(/`|\*\*/g, '').replace(/\[([^\]]+)\]\([^)]*\)/g, '$1');
}

module.exports = { columns, plain };
