'use strict';

const { PassThrough } = require('node:stream');

const { NOTHING_TYPED, askHidden, type } = require('../../lib/cli/prompt.js');

/** What remains after the terminal sent these chunks. */
const typed = (...chunks) => chunks.reduce(type, NOTHING_TYPED);

test.each([
  ['Enter ends', ['12', '3\r'], '123', 'done'],
  ['so does a line feed', ['12\n'], '12', 'done'],
  ['and Ctrl-D', ['12\x04'], '12', 'done'],
  ['without an end nothing ends', ['12'], '12', 'typing'],
  ['what follows the end is not taken', ['12\r34'], '12', 'done'],
  ['backspace takes one away', ['123\x7f4\r'], '124', 'done'],
  ['in its other form too', ['123\b\b4\r'], '14', 'done'],
  ['more often than there is something', ['1\x7f\x7f\x7f2\r'], '2', 'done'],
  ['Ctrl-U takes all away', ['123\x154\r'], '4', 'done'],
  ['Ctrl-C forgets all', ['123\x03'], '', 'interrupted'],
  ['and nothing comes after it', ['1\x03', '2\r'], '', 'interrupted'],
  ['the key up is no A', ['1\x1b[A2\x1b[D\r'], '12', 'done'],
  ['nor in keypad mode', ['1\x1bOB2\r'], '12', 'done'],
  ['function keys are no digits', ['1\x1b[15~2\x1b[1;5C3\r'], '123', 'done'],
  ['a paste in brackets counts', ['\x1b[200~456\x1b[201~\r'], '456', 'done'],
  ['other control keys are nothing', ['1\t\x012\x1a\r'], '12', 'done'],
  ['what is no digit stays, to be refused', ['1x2\r'], '1x2', 'done'],
  ['a key cut in two cannot pass as digits', ['1\x1b', '[A\r'], '1[A', 'done'],
  ['letters outside the basic plane are one', ['1\u{1f511}\x7f2\r'], '12', 'done'],
])('%s', (_name, chunks, text, status) => {
  expect(typed(...chunks)).toEqual({ text, status });
});

describe('on a terminal', () => {
  /** The order of what happens to a terminal and its display. */
  function newTerminal() {
    const happened = [];
    const terminal = Object.assign(new PassThrough(), {
      setRawMode: (raw) => happened.push(raw ? 'raw' : 'cooked'),
    });
    const display = { write: (text) => happened.push(text) };
    return { terminal, display, happened };
  }

  test('it is raw before the prompt appears, cooked at the end, and shows nothing', async () => {
    const { terminal, display, happened } = newTerminal();
    const answer = askHidden(terminal, display, new AbortController().signal);
    terminal.write('98');
    terminal.write('76\r');
    expect(await answer).toBe('9876');
    expect(happened).toEqual(['raw', expect.stringContaining('Digits'), 'cooked', '\n']);
    expect(terminal.listenerCount('data')).toBe(0);
  });

  test('Ctrl-C is an interrupt', async () => {
    const { terminal, display, happened } = newTerminal();
    const answer = askHidden(terminal, display, new AbortController().signal);
    terminal.write('98\x03');
    await expect(answer).rejects.toMatchObject({ exitCode: 130 });
    expect(happened.at(-2)).toBe('cooked');
  });

  test('so is a terminal that goes away', async () => {
    const { terminal, display } = newTerminal();
    const answer = askHidden(terminal, display, new AbortController().signal);
    terminal.end('98');
    await expect(answer).rejects.toMatchObject({ exitCode: 130 });
  });

  test.each([true, false])('a signal ends it, before it asks: %p', async (early) => {
    const { terminal, display, happened } = newTerminal();
    const controller = new AbortController();
    if (early) controller.abort(new Error('over'));
    const answer = askHidden(terminal, display, controller.signal);
    if (!early) controller.abort(new Error('over'));
    await expect(answer).rejects.toThrow('over');
    expect(happened.at(-2)).toBe('cooked');
  });
});
