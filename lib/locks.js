'use strict';

/**
 * The locks of calls that one injector holds for the program.
 */

const { watch } = require('./abort.js');
const { AsyncResource } = require('./context.js');
const { DtmfError, failed, invalid, notSent } = require('./errors.js');
const lane = require('./lane.js');
const { reading, toOptionalJson, textOrNull, checkSignal } = require('./options.js');
const { own, hide } = require('./own.js');
const { Promise, SafeMap } = require('./primordials.js');

/** @typedef {import('./native.js').NativeInjector} NativeInjector */

/**
 * What only this file may do with a lock.
 * @type {{ number(lock: ChannelLock): number, locks(lock: ChannelLock): Locks, isReleased(lock: ChannelLock): boolean }}
 */
let inside;

/** A lock of a call that the program holds. */
class ChannelLock {
  #number;
  #locks;
  #released = false;

  /**
   * @param {string} callId
   * @param {number} number the engine's name for the lock
   * @param {Locks} locks
   */
  constructor(callId, number, locks) {
    /** @readonly */
    this.callId = callId;
    this.#number = number;
    this.#locks = locks;
  }

  async release() {
    if (this.#released) {
      throw new DtmfError(notSent('ERR_DTMF_LOCK', 'the lock has been released already'));
    }
    this.#released = true;
    await this.#locks.giveBack(this.#number);
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
      locks: (lock) => lock.#locks,
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

class Locks {
  #native;
  #log;
  #owner;
  /**
   * Those that are held, and the context of the code that took each.
   * @type {Map<number, { lock: ChannelLock, context: AsyncResource }>}
   */
  #held = new SafeMap();

  /**
   * @param {NativeInjector} native
   * @param {import('./logger.js').Log} log
   * @param {object} owner what must live while something is under way
   */
  constructor(native, log, owner) {
    this.#native = native;
    this.#log = log;
    this.#owner = owner;
  }

  /**
   * @param {unknown} callId
   * @param {unknown} options
   * @returns {Promise<ChannelLock>}
   */
  async acquire(callId, options) {
    const signal = reading(() => checkSignal(own(options, 'signal')));
    const json = toOptionalJson(options, ['signal']);
    const context = new AsyncResource('DtmfLock');
    let unwatch = () => {};
    const { error, lock } = await new Promise((resolve) => {
      /** @param {number} id */
      const begin = (id) => {
        unwatch = watch(signal, () => this.#native.abort(id));
        this.#native.acquireLock(id, textOrNull(callId), signal?.aborted === true, json);
      };
      /** @param {import('./types.js').Settled} record */
      const settled = ({ error, value }) => {
        // Here and not after an await: the record after this one may say that the lock ran out.
        resolve({ error, lock: error ? undefined : this.#holds(String(callId), Number(value), context) });
      };
      reading(() => lane.request(this.#owner, begin, settled));
    });
    unwatch();
    if (error) throw failed(error, signal);
    return lock;
  }

  /**
   * @param {string} callId
   * @param {number} number
   * @param {AsyncResource} context
   */
  #holds(callId, number, context) {
    const lock = new ChannelLock(callId, number, this);
    this.#held.set(number, { lock, context });
    return lock;
  }

  /** @param {unknown} [given] without it the only one */
  async release(given) {
    const lock = given === undefined ? this.#only() : checked(given);
    if (inside.locks(lock) !== this) {
      throw new DtmfError(notSent('ERR_DTMF_LOCK', 'the lock belongs to another injector'));
    }
    await lock.release();
  }

  #only() {
    const [only, another] = [...this.#held.values()];
    if (only && !another) return only.lock;
    const found = only ? 'several locks: pass the one to release' : 'no lock';
    throw new DtmfError(notSent('ERR_DTMF_LOCK', `this injector holds ${found}`));
  }

  /** @param {number} number */
  async giveBack(number) {
    this.#held.delete(number);
    await lane.ask(this.#owner, (id) => this.#native.releaseLock(id, number));
  }

  /**
   * @template T
   * @param {unknown} callId
   * @param {(lock: ChannelLock) => T | Promise<T>} fn
   * @param {unknown} options
   * @returns {Promise<T>}
   */
  async hold(callId, fn, options) {
    if (typeof fn !== 'function') throw invalid('fn must be a function');
    const lock = await this.acquire(callId, options);
    try {
      return await fn(lock);
    } finally {
      if (!inside.isReleased(lock)) await lock.release();
    }
  }

  /** @param {import('./types.js').LockExpired} record */
  expired({ lock, callId, limitMs }) {
    const held = this.#held.get(lock);
    this.#held.delete(lock);
    const message = 'Channel lock was held too long and has been released';
    held?.context.runInAsyncScope(this.#log.warn, undefined, message, { callId, lockHoldMs: limitMs });
  }

  /** The engine has released everything. */
  clear() {
    this.#held.clear();
  }
}

module.exports = { ChannelLock, Locks, lockNumber };
