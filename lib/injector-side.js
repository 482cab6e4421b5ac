'use strict';

/**
 * The side of an injector that the lane sees: what begins in the engine and what comes back from it.
 */

const native = require('./native.js');
const lane = require('./lane.js');
const outcome = require('./outcome.js');
const { watch } = require('./abort.js');
const { nativeSide } = require('./auth-client.js');
const { ChannelLock } = require('./channel-lock.js');
const { DtmfError, invalid, isDtmfError, notSent } = require('./errors.js');
const { ForeignTokens } = require('./foreign-tokens.js');
const { Monitors } = require('./monitors.js');
const { own, toOptionalJson, textOrNull, numberOrNaN, checkSignal } = require('./options.js');

/**
 * What to say of input that could not be handed to the engine. What a getter of the program threw may
 * hold anything, so it is not repeated.
 * @param {unknown} error
 */
function wrongInput(error) {
  return isDtmfError(error) ? error.message : 'params or options cannot be read: a property threw';
}

/**
 * The parameters of one injection, read once: what the program does to its object afterwards changes nothing.
 * @typedef {ReturnType<typeof readParams>} Asked
 * @param {any} params
 */
function readParams(params) {
  if (typeof params !== 'object' || params === null) throw invalid('params must be an object');
  return {
    telephonyProviderId: textOrNull(params.telephonyProviderId),
    lineId: textOrNull(params.lineId),
    callId: textOrNull(params.callId),
    dtmfString: textOrNull(params.dtmfString),
    dtmfType: textOrNull(params.dtmfType),
    interDigitPause: numberOrNaN(params.interDigitPause),
  };
}

class InjectorSide {
  #clear;
  #log;
  /** @type {ForeignTokens | undefined} */
  #foreign;
  /** @type {Map<number, ChannelLock>} */
  #locks = new Map();
  /** @type {WeakSet<ChannelLock>} */
  #own = new WeakSet();

  /**
   * @param {any} authClient
   * @param {string} config
   * @param {import('./logger.js').Log} log
   * @param {boolean} clear
   */
  constructor(authClient, config, log, clear) {
    this.#clear = clear;
    this.#log = log;
    this.monitors = new Monitors(log);
    const auth = nativeSide(authClient);
    if (auth) auth.injectorLog ??= log;
    else this.#foreign = new ForeignTokens(authClient);
    // The client stays reachable as long as an injector uses it, since its log lines come through it.
    this.auth = auth;
    this.native = new native.NativeInjector(lane.lane, lane.register(this), auth?.native, config);
  }

  /**
   * Begins an injection before it returns, so that the order of the calls is the order of the digits.
   * @param {any} params
   * @param {any} options
   * @returns {Promise<{ record: any, entry: any, signal: AbortSignal | undefined }>}
   */
  inject(params, options) {
    return new Promise((resolve) => {
      /** @type {Asked | undefined} */
      let asked;
      /** @type {AbortSignal | undefined} */
      let signal;
      let unwatch = () => {};
      const id = lane.open({
        owner: this,
        retrying: (record) => this.#retrying(record),
        settled: (record) => {
          unwatch();
          resolve({ record, entry: this.#finished(record, asked), signal });
        },
      });
      try {
        asked = readParams(params);
        signal = this.#begin(id, asked, options);
      } catch (error) {
        this.native.refuse(id, wrongInput(error));
        lane.drainSoon();
      }
      unwatch = watch(signal, () => this.native.abort(id));
    });
  }

  /**
   * @param {number} id
   * @param {Asked} asked
   * @param {any} options
   */
  #begin(id, asked, options) {
    const json = toOptionalJson(options, ['signal', 'lock']);
    const signal = checkSignal(own(options, 'signal'));
    const lock = own(options, 'lock');
    if (lock !== undefined && !ChannelLock.is(lock)) {
      throw invalid('lock must be a lock that acquireChannelLock gave');
    }
    const ended = this.native.inject(
      id,
      asked.telephonyProviderId,
      asked.lineId,
      asked.callId,
      asked.dtmfString,
      asked.dtmfType,
      asked.interDigitPause,
      lock && ChannelLock.numberOf(lock),
      signal?.aborted === true,
      json,
    );
    // What was refused at once need not wait for the event loop to come round.
    if (ended) lane.drainSoon();
    return signal;
  }

  /**
   * @param {any} record
   * @param {any} params
   */
  #finished(record, params) {
    const entry = outcome.auditEntry(record, params, this.#clear);
    if (entry.status === 'success') this.#log.info('DTMF injection completed', entry);
    else this.#log.error('DTMF injection failed', entry);
    this.monitors.emit(outcome.finalEvent(entry, params, this.#clear));
    return entry;
  }

  /** @param {any} record */
  #retrying(record) {
    const { callId, injectionId, attempt, maxAttempts, delayMs, reason } = record;
    const throttled = reason === 'ERR_DTMF_RATE_LIMITED';
    const why = throttled ? 'Rate limit hit.' : `Attempt failed (${reason}).`;
    const message = `${why} Retrying in ${delayMs / 1000}s (attempt ${attempt}/${maxAttempts})`;
    this.#log.warn(message, { callId, injectionId });
    this.monitors.emit({ event: 'dtmf.retrying', callId, injectionId, attempt, delayMs, reason });
  }

  /**
   * @param {string} callId
   * @param {number} number
   */
  holds(callId, number) {
    const lock = new ChannelLock(callId, number, async (number) => {
      this.#locks.delete(number);
      await lane.request(this, (id) => this.native.releaseLock(id, number)).settled;
    });
    this.#locks.set(number, lock);
    this.#own.add(lock);
    return lock;
  }

  /** @param {ChannelLock} lock */
  isOwn(lock) {
    return this.#own.has(lock);
  }

  onlyLock() {
    const [lock, another] = this.#locks.values();
    if (lock && !another) return lock;
    const found = lock ? 'several locks: pass the one to release' : 'no lock';
    throw new DtmfError(notSent('ERR_DTMF_LOCK', `this injector holds ${found}`));
  }

  /** @param {any} record */
  lockExpired({ lock, callId, limitMs }) {
    this.#locks.delete(lock);
    this.#log.warn('Channel lock was held too long and has been released', {
      callId,
      lockHoldMs: limitMs,
    });
  }

  /** @param {number} request */
  tokenWanted(request) {
    void this.#foreign?.ask(request, this.native);
  }

  /** @param {number} request */
  tokenNotWanted(request) {
    this.#foreign?.giveUp(request);
  }

  tokenRefused() {
    this.#foreign?.refused();
  }
}

module.exports = { InjectorSide };
