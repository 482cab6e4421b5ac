'use strict';

/**
 * Asks for digits on a terminal and shows nothing of what is typed, not even how much.
 */

const { Interrupted } = require('./interrupt.js');

/**
 * @typedef {object} Typed
 * @property {string} text what was typed so far
 * @property {'typing' | 'done' | 'interrupted'} status
 */

/** @type {Typed} */
const NOTHING_TYPED = Object.freeze({ text: '', status: 'typing' });

/**
 * What cursor and function keys send (ECMA-48 §5.4, and SS3 of VT100 keypads). They contain letters and
 * numbers: the key "up" ends in an A, which is also a digit.
 */
// eslint-disable-next-line no-control-regex
const KEY_SEQUENCES = /\x1b\[[\x30-\x3f]*[\x20-\x2f]*[\x40-\x7e]|\x1bO[\x40-\x7e]/g;

/**
 * Takes what the terminal sent. A sequence that is split over two chunks leaves a bracket in the text, which is
 * refused as a digit later; dropping input silently would press something else than was typed.
 * @param {Typed} before
 * @param {string} chunk
 * @returns {Typed}
 */
function type(before, chunk) {
  let { text, status } = before;
  for (const key of chunk.replace(KEY_SEQUENCES, '')) {
    if (status !== 'typing') break;
    if (key === '\r' || key === '\n' || key === '\x04') status = 'done';
    else if (key === '\x03') status = 'interrupted';
    else if (key === '\x7f' || key === '\b') text = [...text].slice(0, -1).join('');
    else if (key === '\x15') text = '';
    else if (key >= ' ') text += key;
  }
  return { text: status === 'interrupted' ? '' : text, status };
}

/**
 * @param {NodeJS.ReadStream} terminal
 * @param {NodeJS.WriteStream} display
 * @param {AbortSignal} signal
 * @returns {Promise<string>}
 */
function askHidden(terminal, display, signal) {
  return new Promise((resolve, reject) => {
    let typed = NOTHING_TYPED;
    const onData = (/** @type {string} */ chunk) => {
      typed = type(typed, chunk);
      if (typed.status === 'done') finish(() => resolve(typed.text));
      if (typed.status === 'interrupted') finish(() => reject(new Interrupted('SIGINT')));
    };
    const onAbort = () => finish(() => reject(signal.reason));
    // The terminal went away before the line was complete.
    const onEnd = () => finish(() => reject(new Interrupted('SIGINT')));

    /** @param {() => void} settle */
    function finish(settle) {
      terminal.off('data', onData).off('end', onEnd);
      signal.removeEventListener('abort', onAbort);
      terminal.setRawMode(false);
      terminal.pause();
      display.write('\n');
      settle();
    }

    // Raw before the prompt appears: digits that are typed early would be seen otherwise.
    terminal.setRawMode(true);
    terminal.setEncoding('utf8').on('data', onData).on('end', onEnd);
    signal.addEventListener('abort', onAbort, { once: true });
    display.write('Digits (not shown, Enter ends): ');
    terminal.resume();
    if (signal.aborted) onAbort();
  });
}

module.exports = { NOTHING_TYPED, type, askHidden };
