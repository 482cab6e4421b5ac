'use strict';

const os = require('node:os');

const agentSession = require('./api/agent-session.js');
const telephonyV2 = require('./api/telephony-v2.js');
const auditLog = require('./audit-log.js');
const { sideOf } = require('./auth-client.js');
const { DtmfError, invalid } = require('./errors.js');
const { ForeignTokens } = require('./foreign-tokens.js');
const { inject } = require('./injection.js');
const lane = require('./lane.js');
const { Locks } = require('./locks.js');
const { createLog, standardOutput } = require('./logger.js');
const { Monitors } = require('./monitors.js');
const native = require('./native.js');
const {
  reading,
  toJson,
  toOptionalJson,
  throwIfWrong,
  madeOrThrow,
  textOrNull,
  numberOrNaN,
} = require('./options.js');
const outcome = require('./outcome.js');
const { own, hide } = require('./own.js');
const { DEFAULT_MAX_RETRIES } = require('./payload.js');
const { JSONParse } = require('./primordials.js');
const { Sessions } = require('./sessions.js');

/** The wire profiles by the names that the option `api` gives them. */
const APIS = { 'telephony-v2': telephonyV2, 'agent-session': agentSession };

/**
 * The rights that the user of the fleet's Redis lacks. For the command line, which tells them all at once.
 * @type {(injector: DtmfInjector) => Promise<string[]>}
 */
let missingFleetRights;

class DtmfInjector {
  #native;
  /** @type {Monitors} */
  #monitors;
  /** @type {Locks} */
  #locks;
  /** @type {Sessions} */
  #sessions;
  /** @type {import('./injection.js').Shared} */
  #shared;
  /** What the lane tells of this injector. It lives as long as the injector, or work of it. */
  #receiver;

  /**
   * @param {import('../index.js').TokenSource} authClient
   * @param {unknown} config
   */
  constructor(authClient, config) {
    if (typeof authClient?.getAccessToken !== 'function') {
      throw invalid('authClient must be a CXoneAuthClient or have a method getAccessToken()');
    }
    const { crossing, onAnchor } = reading(() => auditLog.parted(config));
    const json = toJson('config', crossing, ['logger']);
    const log = reading(() => createLog(own(config, 'logger'))) ?? standardOutput;
    const read = madeOrThrow(native.NativeInjectorConfig.read(json));
    const auth = sideOf(authClient);
    const foreign = auth ? undefined : new ForeignTokens(authClient);
    this.#receiver = this.#receive(log, onAnchor, foreign);
    const number = lane.register(this.#receiver);
    const toLogger = log.debug !== undefined;
    const toStderr = process.env['CXONE_DTMF_LOG'] === 'debug';
    const host = os.hostname();
    this.#native = madeOrThrow(
      native.NativeInjector.open(lane.lane, number, auth?.native, read, toLogger, toStderr, host),
    );
    auth?.useLog(log);
    this.#monitors = new Monitors(log);
    this.#locks = new Locks(this.#native, log, this.#receiver);
    this.#sessions = new Sessions(this.#native, log);
    this.#shared = {
      authClient,
      native: this.#native,
      log,
      monitors: this.#monitors,
      api: APIS[/** @type {keyof typeof APIS} */ (read.api)],
      clear: read.showsDigits,
      fleet: read.inFleet,
    };
  }

  /**
   * @param {import('./logger.js').Log} log
   * @param {((anchor: string) => unknown) | undefined} onAnchor
   * @param {ForeignTokens | undefined} foreign
   * @returns {import('./types.js').Receiver}
   */
  #receive(log, onAnchor, foreign) {
    return {
      lockExpired: (record) => this.#locks.expired(record),
      withoutLease: ({ awayMs }) =>
        log.warn('Redis is away: calls are locked within this process only (fleet.onUnavailable)', {
          awayMs,
        }),
      leasesAgain: ({ afterMs }) =>
        log.info('Redis is back: calls are locked in the whole fleet', { afterMs }),
      auditNotice: (record) => auditLog.take(record, log, onAnchor),
      logged: ({ message, fields }) => log.debug?.(message, fields),
      sessionEnded: (record) => this.#sessions.ended(record),
      sessionNotHeard: (record) => this.#sessions.notHeard(record),
      tokenWanted: ({ request }) => foreign?.ask(request, this.#native),
      tokenNotWanted: ({ request }) => foreign?.giveUp(request),
      tokenRefused: () => foreign?.refused(),
    };
  }

  /** @param {unknown} callback */
  registerCTIMonitor(callback) {
    return this.#monitors.register(callback);
  }

  /**
   * @param {unknown} params
   * @param {unknown} [options]
   */
  async injectDTMF(params, options) {
    const { record, entry, signal } = await inject(this.#receiver, this.#shared, params, options);
    if (record.error) throw outcome.error(record.error, record.attempts, entry, signal);
    return outcome.result(record, entry);
  }

  /**
   * @param {unknown} callId
   * @param {unknown} [options]
   */
  async acquireChannelLock(callId, options) {
    return await this.#locks.acquire(callId, options);
  }

  /** @param {unknown} [lock] */
  async releaseChannelLock(lock) {
    await this.#locks.release(lock);
  }

  /**
   * @template T
   * @param {unknown} callId
   * @param {(lock: import('./locks.js').ChannelLock) => T | Promise<T>} fn
   * @param {unknown} [options]
   * @returns {Promise<T>}
   */
  async withChannelLock(callId, fn, options) {
    return await this.#locks.hold(callId, fn, options);
  }

  /**
   * @param {unknown} sessionId
   * @returns {() => void}
   */
  followSession(sessionId) {
    return this.#sessions.follow(sessionId);
  }

  metrics() {
    return JSONParse(this.#native.metrics(this.#monitors.errors));
  }

  metricsText() {
    return this.#native.metricsText(this.#monitors.errors);
  }

  /**
   * @param {unknown} injectionId
   * @param {unknown} digitsRecognised
   */
  reportRecognition(injectionId, digitsRecognised) {
    const digits = numberOrNaN(digitsRecognised);
    throwIfWrong(this.#native.reportRecognition(textOrNull(injectionId), digits));
  }

  /** @param {unknown} [options] */
  async close(options) {
    const json = toOptionalJson(options, []);
    const { error } = await lane.ask(this.#receiver, (id) => this.#native.close(id, json));
    if (error) throw new DtmfError(error);
    this.#locks.clear();
  }

  static {
    missingFleetRights = async (injector) => {
      const ask = (/** @type {number} */ id) => injector.#native.missingFleetRights(id);
      const { value, error } = await lane.ask(injector.#receiver, ask);
      if (error) throw new DtmfError(error);
      return /** @type {string[]} */ (value);
    };
  }
}

// Node.js before 18.18 and 20.4 has no such symbol.
if (Symbol.asyncDispose) {
  hide(
    DtmfInjector.prototype,
    Symbol.asyncDispose,
    /** @this {DtmfInjector} */
    function () {
      return this.close();
    },
  );
}

/**
 * @param {import('../index.js').DtmfInjector} injector
 * @param {import('../index.js').AnyInjectionParams} params
 * @param {number} [maxRetries]
 * @param {import('../index.js').InjectionOptions} [options]
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

module.exports = { DtmfInjector, injectWithRetry, missingFleetRights };
