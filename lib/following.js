'use strict';

/**
 * One session that a program follows: what `followSession` returns stops it, and goes through its events.
 */

const lane = require('./lane.js');
const { hide } = require('./own.js');
const { Promise, SafeSet } = require('./primordials.js');

/** How many events are kept for who goes through them later, or more slowly than they come. */
const KEPT = 1_000;

/** @typedef {import('../index.js').SessionEvent} SessionEvent */
/** @typedef {import('../index.js').Following} Stop */

class Following {
  /** The newest events, the oldest first. @type {SessionEvent[]} */
  #kept = [];
  /** How many came before those. */
  #dropped = 0;
  #hasEnded = false;
  #receiver;
  /** Those who wait for the next event. @type {Set<() => void>} */
  #waiting = new SafeSet();

  /** @param {object} receiver hears the events, as long as it lives */
  constructor(receiver) {
    this.#receiver = receiver;
  }

  /** @param {SessionEvent} event */
  add(event) {
    const kept = this.#kept;
    kept[kept.length] = event;
    if (kept.length > KEPT) {
      kept.shift();
      this.#dropped += 1;
    }
    this.#wake();
  }

  /** No event follows. */
  end() {
    this.#hasEnded = true;
    this.#wake();
  }

  /** Whether no event follows. */
  get hasEnded() {
    return this.#hasEnded;
  }

  /**
   * What the program gets.
   * @param {() => void} stop
   * @returns {Stop}
   */
  handle(stop) {
    const handle = () => {
      stop();
      this.end();
    };
    hide(handle, Symbol.asyncIterator, () => this.#events());
    return /** @type {Stop} */ (/** @type {unknown} */ (handle));
  }

  /** From the oldest one that is kept to the end of the session, or of the following. */
  async *#events() {
    let place = this.#dropped;
    for (;;) {
      if (place < this.#dropped) place = this.#dropped;
      const event = this.#kept[place - this.#dropped];
      if (event !== undefined) {
        place += 1;
        yield event;
      } else if (this.#hasEnded) {
        return;
      } else {
        await this.#more();
      }
    }
  }

  /** A program that has nothing else to do would end here. @returns {Promise<void>} */
  #more() {
    const owner = this.#receiver;
    const unused = { retrying: undefined, unmasked: undefined, logged: undefined };
    const id = lane.open({ owner, settled: () => {}, ...unused });
    return new Promise((resolve) => {
      this.#waiting.add(() => {
        lane.close(id);
        resolve();
      });
    });
  }

  #wake() {
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (let n = 0; n < waiting.length; n += 1) waiting[n]?.();
  }
}

module.exports = { Following };
