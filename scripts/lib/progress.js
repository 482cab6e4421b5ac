'use strict';

const WIDTH = 24;
/** How often a line says how far it is where lines cannot move. */
const LINES = 10;

/** How far a long measurement is: a bar on a terminal, some lines elsewhere. */
class Progress {
  #done = 0;
  #started = performance.now();

  /**
   * @param {import('./steps.js').Steps} steps
   * @param {number} total
   */
  constructor(steps, total) {
    this.steps = steps;
    this.total = total;
  }

  /** What is done now. @param {string} title */
  begin(title) {
    if (!this.steps.moving) return;
    const bar = '#'.repeat(Math.floor((this.#done / this.total) * WIDTH)).padEnd(WIDTH, '-');
    const line = `[${bar}] ${this.#done}/${this.total}  ${this.#elapsed()}  ${title}`;
    this.steps.stream.write(`\r\x1b[2K${line.slice(0, (this.steps.stream.columns || 80) - 1)}`);
  }

  /** One more is done. */
  step() {
    const part = (/** @type {number} */ done) => Math.floor((done / this.total) * LINES);
    this.#done += 1;
    if (this.steps.moving || part(this.#done) === part(this.#done - 1)) return;
    this.steps.say(`....  ${this.#done}/${this.total}  ${this.#elapsed()}`);
  }

  end() {
    if (this.steps.moving) this.steps.stream.write('\r\x1b[2K');
  }

  #elapsed() {
    return `${((performance.now() - this.#started) / 1000).toFixed(0)} s`;
  }
}

module.exports = { Progress };
