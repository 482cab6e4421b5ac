'use strict';

const auditLog = require('./audit-log.js');
const native = require('./native.js');
const lane = require('./lane.js');
const outcome = require('./outcome.js');
const { reasonOf } = require('./abort.js');
const { ChannelLock } = require('./channel-lock.js');
const { DtmfError, invalid, notSent } = require('./errors.js');
const { InjectorSide } = require('./injector-side.js');
const { createLog, standardOutput } = require('./logger.js');
const { DEFAULT_MAX_RETRIES } = require('./payload.js');
const {
  own,
  reading,
  toJson,
  toOptionalJson,
  throwIfWrong,
  madeOrThrow,
  textOrNull,
  numberOrNaN,
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
    const json = toJson(
      'config',
      reading(() => auditLog.crossing(config)),
      ['logger'],
    );
    const onAnchor = reading(() => own(own(config, 'auditLog'), 'onAnchor'));
    const log = reading(() => createLog(own(config, 'logger'))) ?? standardOutput;
    const read = madeOrThrow(native.NativeInjectorConfig.read(json));
    this.#side = new InjectorSide(authClient, read, { log, onAnchor });
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
    const { record, lock, signal } = await this.#side.acquireLock(callId, options);
    if (lock) return lock;
    const aborted = record.error.code === 'ABORT_ERR';
    throw new DtmfError(record.error, aborted ? { cause: reasonOf(signal) } : {});
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

  /**
   * @param {unknown} sessionId
   * @returns {() => void}
   */
  followSession(sessionId) {
    return this.#side.follow(sessionId);
  }

  metrics() {
    const side = this.#side;
    return { ...JSON.parse(side.native.metrics()), monitorErrors: side.monitors.errors };
  }

  metricsText() {
    const side = this.#side;
    return side.native.metricsText(side.monitors.errors);
  }

  /**
   * @param {unknown} injectionId
   * @param {unknown} digitsRecognised
   */
  reportRecognition(injectionId, digitsRecognised) {
    const side = this.#side;
    throwIfWrong(side.native.reportRecognition(textOrNull(injectionId), numberOrNaN(digitsRecognised)));
  }

  /** @param {any} [options] */
  async close(options) {
    const side = this.#side;
    const json = toOptionalJson(options, []);
    const record = await lane.ask(side, (id) => side.native.close(id, json));
    if (record.error) throw new DtmfError(record.error);
    side.holdsNothing();
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
 * @param {DtmfInjector} injector
 * @param {any} params
 * @param {number} [maxRetries]
 * @param {any} [options]
 */
async function injectWithRetry(injector, params, maxRetries = DEFAULT_MAX_RETRIES, options) {
  let merged = options;
  try {
    merged = { ...options, maxAttempts: maxRetries };
  } catch {
    // A getter threw. The injector says so, and ends the injection as every other.
  }
  return await injector.injectDTMF(params, merged);
}

module.exports = { DtmfInjector, injectWithRetry };
