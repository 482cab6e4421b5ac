'use strict';

/**
 * A session that `doctor` listens to.
 */

const { setTimeout, clearTimeout } = require('node:timers');

/** @typedef {import('../../index.js').DtmfInjector<'agent-session'>} Injector */
/** @typedef {import('../../index.js').FollowedSessionSnapshot} Snapshot */

class SessionWatch {
  /** @type {import('../../index.js').SessionEvent[]} */
  events = [];
  hasEnded = false;
  /** Why its events cannot be heard. @type {string | undefined} */
  trouble;
  /** @type {() => void} */
  #settled = () => {};

  /** Tells what goes wrong to its listener, which is an injector's logger. */
  logger = {
    info() {},
    error() {},
    warn: (/** @type {string} */ _, /** @type {{ errorMessage?: string }} */ { errorMessage } = {}) => {
      this.trouble ??= errorMessage;
      if (this.trouble !== undefined) this.#settled();
    },
  };

  /**
   * @param {(logger: object) => Injector} createInjector
   * @param {string} sessionId
   */
  constructor(createInjector, sessionId) {
    this.sessionId = sessionId;
    this.injector = createInjector(this.logger);
  }

  /**
   * Listens for that long, or until it is known that there is nothing to hear. It is followed until `end` all the same.
   * @param {number} ms
   * @param {AbortSignal} signal
   */
  async listen(ms, signal) {
    void this.#collect(this.injector.followSession(this.sessionId));
    let timer;
    try {
      await new Promise((resolve, reject) => {
        timer = setTimeout(resolve, ms, undefined);
        this.#settled = () => resolve(undefined);
        signal.addEventListener('abort', () => reject(signal.reason), { once: true });
      });
    } finally {
      clearTimeout(timer);
    }
  }

  /** @returns {Snapshot | undefined} */
  get snapshot() {
    return this.injector.metrics().sessions.find(({ sessionId }) => sessionId === this.sessionId);
  }

  /** Whether what is pressed can be meant for somebody. */
  get isThere() {
    return !this.hasEnded && this.trouble === undefined;
  }

  async end() {
    await this.injector.close();
  }

  /** @param {import('../../index.js').Following} following */
  async #collect(following) {
    for await (const event of following) this.events.push(event);
    this.hasEnded = true;
    this.#settled();
  }
}

module.exports = { SessionWatch };
