'use strict';

const COLOURS = { bold: '1', dim: '2', red: '31', green: '32' };

/** Where the demo's text goes: colours and a moving bar on a terminal, plain lines elsewhere, nowhere with `--json`. */
class Screen {
  #stream;

  /**
   * @param {NodeJS.WriteStream} [stream] absent for silence
   * @param {NodeJS.ProcessEnv} [env]
   */
  constructor(stream, env = process.env) {
    this.#stream = stream;
    const terminal = Boolean(stream?.isTTY) && env.TERM !== 'dumb';
    /** Whether lines can be drawn over. A CI may look like a terminal and keeps every frame. */
    this.moving = terminal && !env.CI;
    // https://no-color.org: any value but the empty one.
    this.colour = terminal && !env.NO_COLOR;
  }

  /** @param {string} text */
  say(text) {
    this.#stream?.write(`${text}\n`);
  }

  /** @param {string} text */
  title(text) {
    this.say('');
    this.say(this.paint('bold', text));
  }

  /**
   * @param {string} label
   * @param {string} text
   */
  row(label, text) {
    this.say(`  ${label.padEnd(10)}${text}`);
  }

  /** @param {string} text */
  note(text) {
    this.say(`  ${this.paint('dim', text)}`);
  }

  /**
   * @param {boolean} ok
   * @param {string} text
   */
  verdict(ok, text) {
    this.say(`  ${ok ? this.paint('green', 'ok  ') : this.paint('red', 'FAIL')}  ${text}`);
  }

  /**
   * Draws over the last line. Only where `moving`.
   *
   * @param {string} text
   */
  draw(text) {
    this.#stream?.write(`\r\x1b[2K${text.slice(0, (this.#stream.columns || 80) - 1)}`);
  }

  /**
   * @param {keyof typeof COLOURS} colour
   * @param {string} text
   */
  paint(colour, text) {
    return this.colour ? `\x1b[${COLOURS[colour]}m${text}\x1b[0m` : text;
  }
}

module.exports = { Screen };
