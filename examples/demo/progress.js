'use strict';

/** @typedef {import('./screen.js').Screen} Screen */

const WIDTH = 30;

/** How far a long job is: a bar on a terminal, a line per quarter elsewhere. */
class Progress {
  #screen;
  #total;
  #done = 0;
  #started = performance.now();

  /**
   * @param {Screen} screen
   * @param {number} total
   */
  constructor(screen, total) {
    this.#screen = screen;
    this.#total = total;
    this.#show();
  }

  step() {
    this.#done += 1;
    this.#show();
  }

  #show() {
    const share = this.#done / this.#total;
    const seconds = ((performance.now() - this.#started) / 1000).toFixed(1);
    const count = `${String(this.#done).padStart(String(this.#total).length)}/${this.#total}`;
    if (this.#screen.moving) {
      const bar = '#'.repeat(Math.floor(share * WIDTH)).padEnd(WIDTH, '-');
      this.#screen.draw(`  [${bar}] ${count}  ${seconds} s`);
      if (this.#done === this.#total) this.#screen.say('');
    } else if (this.#done > 0 && Math.floor(share * 4) > Math.floor(((this.#done - 1) / this.#total) * 4)) {
      this.#screen.say(`  ${count}  ${seconds} s`);
    }
  }
}

module.exports = { Progress };
