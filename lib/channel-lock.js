'use strict';

const { DtmfError, invalid, notSent } = require('./errors.js');
const { hide } = require('./own.js');

/**
 * What only the locks of an injector may do with one of them.
 * @type {{ number(lock: ChannelLock): number, holder(lock: ChannelLock): Holder, isReleased(lock: ChannelLock): boolean }}
 */
let inside;

/** @typedef {{ giveBack(number: number): Promise<void> }} Holder */

/** A lock of a call that the program holds. */
class ChannelLock {
  #number;
  #holder;
  #released = false;

  /**
   * @param {string} callId
   * @param {number} number the engine's name for the lock
   * @param {Holder} holder
   */
  constructor(callId, number, holder) {
    /** @readonly */
    this.callId = callId;
    this.#number = number;
    this.#holder = holder;
  }

  async release() {
    if (this.#released) {
      throw new DtmfError(notSent('ERR_DTMF_LOCK', 'the lock has been released already'));
    }
    this.#released = true;
    await this.#holder.giveBack(this.#number);
  }

  /**
   * @param {unknown} value
   * @returns {value is ChannelLock}
   */
  static is(value) {
    return typeof value === 'object' && value !== null && #number in value;
  }

  static {
    inside = {
      number: (lock) => lock.#number,
      holder: (lock) => lock.#holder,
      isReleased: (lock) => lock.#released,
    };
  }
}

// Node.js before 18.18 and 20.4 has no such symbol.
if (Symbol.asyncDispose) {
  hide(
    ChannelLock.prototype,
    Symbol.asyncDispose,
    /** @this {ChannelLock} */
    async function () {
      if (!inside.isReleased(this)) await this.release();
    },
  );
}

/** @param {unknown} lock */
function checked(lock) {
  if (!ChannelLock.is(lock)) throw invalid('lock must be a lock that acquireChannelLock gave');
  return lock;
}

/**
 * The engine's name for the lock of an option.
 * @param {unknown} lock
 */
function lockNumber(lock) {
  return lock === undefined ? undefined : inside.number(checked(lock));
}

module.exports = { ChannelLock, checked, inside, lockNumber };
