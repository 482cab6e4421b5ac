'use strict';

const native = require('./native.js');
const lane = require('./lane.js');
const outcome = require('./outcome.js');
const { watch } = require('./abort.js');
const { nativeSide } = require('./auth-client.js');
const { ChannelLock } = require('./channel-lock.js');
const { DtmfError, invalid, isDtmfError, notSent } = require('./errors.js');
const { ForeignTokens } = require('./foreign-tokens.js');
const { createLog, standardOutput } = require('./logger.js');
const { Monitors } = require('./monitors.js');
const {
  own,
  toJson,
  toOptionalJson,
  throwIfWrong,
  textOrNull,
  numberOrNaN,
  checkSignal,
} = require('./options.js');

class DtmfInjector {
  #side;

  /**
   * @param {any} authClient
   * @param {unknown} config
   */
  constructor(authClient, config) {
    if (typeof authClient?.getAccessToken !== 'function') {
      throw invalid('authClient must be a CXoneAuthClient or have a method getAccessToken()');
    }
    const json = toJson('config', config, ['logger']);
    const log = createLog(own(config, 'logger')) ?? standardOutput;
    throwIfWrong(native.NativeInjector.check(json));
    this.#side = new InjectorSide(authClient, json, log, own(config, 'digits') === 'clear');
  }

  /** @param {unknown} callback */
  registerCTIMonitor(callback) {
    return this.#side.monitors.register(callback);
  }

  /**
   * @param {any} params
   * @param {any} [options]
   */
  async injectDTMF(params, options) {
    const side = this.#side;
    const { record, entry, signal } = await side.inject(params, options);
    if (record.error) throw outcome.error(record, entry, signal);
    return outcome.result(record, entry);
  }

  /**
   * @param {unknown} callId
   * @param {any} [options]
   */
  async acquireChannelLock(callId, options) {
    const side = this.#side;
    const signal = checkSignal(own(options, 'signal'));
    const json = toOptionalJson(options, ['signal']);
    const { id, settled } = lane.request(side, (id) => {
      side.native.acquireLock(id, textOrNull(callId), json);
    });
    const unwatch = watch(signal, () => side.native.abort(id));
    const record = await settled;
    unwatch();
    if (record.error) {
      const aborted = record.error.code === 'ABORT_ERR';
      throw new DtmfError(record.error, aborted ? { cause: signal?.reason } : {});
    }
    return side.holds(String(callId), record.value);
  }

  /** @param {unknown} [lock] */
  async releaseChannelLock(lock) {
    const chosen = lock === undefined ? this.#side.onlyLock() : lock;
    if (!ChannelLock.is(chosen)) {
      throw invalid('lock must be a lock that acquireChannelLock gave');
    }
    if (!this.#side.isOwn(chosen)) {
      throw new DtmfError(notSent('ERR_DTMF_LOCK', 'the lock belongs to another injector'));
    }
    await chosen.release();
  }

  /**
   * @template T
   * @param {unknown} callId
   * @param {(lock: ChannelLock) => T | Promise<T>} fn
   * @param {any} [options]
   * @returns {Promise<T>}
   */
  async withChannelLock(callId, fn, options) {
    if (typeof fn !== 'function') throw invalid('fn must be a function');
    const lock = await this.acquireChannelLock(callId, options);
    try {
      return await fn(lock);
    } finally {
      if (!ChannelLock.isReleased(lock)) await lock.release();
    }
  }

  metrics() {
    const counts = JSON.parse(this.#side.native.metrics());
    return { ...counts, monitorErrors: this.#side.monitors.errors };
  }

  /** @param {any} [options] */
  async close(options) {
    const side = this.#side;
    const json = toOptionalJson(options, []);
    const { settled } = lane.request(side, (id) => side.native.close(id, json));
    const record = await settled;
    if (record.error) throw new DtmfError(record.error);
  }
}

// Node.js before 18.18 and 20.4 has no such symbol.
if (Symbol.asyncDispose) {
  Object.defineProperty(DtmfInjector.prototype, Symbol.asyncDispose, {
    /** @this {DtmfInjector} */
    value() {
      return this.close();
    },
    configurable: true,
    writable: true,
  });
}

/**
 * The parameters of one injection, read once: what the program does to its object afterwards changes nothing.
 * @typedef {ReturnType<typeof readParams>} Asked
 * @param {any} params
 */
function readParams(params) {
  if (typeof params !== 'object' || params === null) throw invalid('params must be an object');
  try {
    return {
      telephonyProviderId: textOrNull(params.telephonyProviderId),
      lineId: textOrNull(params.lineId),
      callId: textOrNull(params.callId),
      dtmfString: textOrNull(params.dtmfString),
      dtmfType: textOrNull(params.dtmfType),
      interDigitPause: numberOrNaN(params.interDigitPause),
    };
  } catch {
    // What a getter threw may hold anything, so it is not repeated.
    throw invalid('params cannot be read: one of its properties threw');
  }
}

/** The side of an injector that the lane sees; the program holds a `DtmfInjector` only. */
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
        unwatch = watch(signal, () => this.native.abort(id));
      } catch (error) {
        if (!isDtmfError(error)) throw error;
        this.native.refuse(id, error.message);
      }
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
    this.native.inject(
      id,
      asked.telephonyProviderId,
      asked.lineId,
      asked.callId,
      asked.dtmfString,
      asked.dtmfType,
      asked.interDigitPause,
      lock && ChannelLock.numberOf(lock),
      json,
    );
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

/**
 * @param {DtmfInjector} injector
 * @param {any} params
 * @param {number} [maxRetries]
 * @param {any} [options]
 */
async function injectWithRetry(injector, params, maxRetries = 3, options) {
  return await injector.injectDTMF(params, { ...options, maxAttempts: maxRetries });
}

module.exports = { DtmfInjector, injectWithRetry };
