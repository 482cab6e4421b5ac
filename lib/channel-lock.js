'use strict';

const { DtmfError, notSent } = require('./errors.js');

/** A lock of a call that the program holds. */
class ChannelLock {
  #number;
  #give;
  #released = false;

  /**
   * @param {string} callId
   * @param {number} number the engine's name for the lock
   * @param {(number: number) => Promise<void>} give releases it in the engine
   */
  constructor(callId, number, give) {
    /** @readonly */
    this.callId = callId;
    this.#number = number;
    this.#give = give;
  }

  async release() {
    if (this.#released) {
      throw new DtmfError(notSent('ERR_DTMF_LOCK', 'the lock has been released already'));
    }
    this.#released = true;
    await this.#give(this.#number);
  }

  /**
   * @param {unknown} value
   * @returns {value is ChannelLock}
   */
  static is(value) {
    return typeof value === 'object' && value !== null && #number in value;
  }

  /** @param {ChannelLock} lock */
  static numberOf(lock) {
    return lock.#number;
  }

  /** @param {ChannelLock} lock */
  static isReleased(lock) {
    return lock.#released;
  }
}

// Node.js before 18.18 and 20.4 has no such symbol.
if (Symbol.asyncDispose) {
  Object.defineProperty(ChannelLock.prototype, Symbol.asyncDispose, {
    /** @this {ChannelLock} */
    async value() {
      if (!ChannelLock.isReleased(this)) await this.release();
    },
    configurable: true,
    writable: true,
  });
}

module.exports = { ChannelLock };
