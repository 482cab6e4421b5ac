'use strict';

/**
 * The locks of calls that one injector holds for the program.
 */

const { watch } = require('./abort.js');
const { ChannelLock, checked, inside } = require('./channel-lock.js');
const { AsyncResource } = require('./context.js');
const { DtmfError, failed, invalid, notSent } = require('./errors.js');
const lane = require('./lane.js');
const { reading, toOptionalJson, textOrNull, checkSignal } = require('./options.js');
const { own } = require('./own.js');
const { Promise, SafeMap } = require('./primordials.js');

/** @typedef {import('./native.js').NativeInjector} NativeInjector */

class Locks {
  #native;
  #log;
  #owner;
  #tokens;
  /**
   * Those that are held, and the context of the code that took each.
   * @type {Map<number, { lock: ChannelLock, context: AsyncResource }>}
   */
  #held = new SafeMap();

  /**
   * @param {NativeInjector} native
   * @param {import('./logger.js').Log} log
   * @param {object} owner what must live while something is under way
   * @param {import('./token-path.js').TokenPath} tokens looked at before what waits for a lock goes on
   */
  constructor(native, log, owner, tokens) {
    this.#native = native;
    this.#log = log;
    this.#owner = owner;
    this.#tokens = tokens;
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

  /** @param {unknown} [given] without it the only one, if there is one */
  async release(given) {
    const lock = given === undefined ? this.#only() : checked(given);
    if (!lock) return;
    if (inside.holder(lock) !== this) {
      throw new DtmfError(notSent('ERR_DTMF_LOCK', 'the lock belongs to another injector'));
    }
    await lock.release();
  }

  #only() {
    const [only, another] = [...this.#held.values()];
    if (!another) return only?.lock;
    throw new DtmfError(
      notSent('ERR_DTMF_LOCK', 'this injector holds several locks: pass the one to release'),
    );
  }

  /** @param {number} number */
  async giveBack(number) {
    this.#held.delete(number);
    this.#tokens.look(this.#native);
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

module.exports = { Locks };
