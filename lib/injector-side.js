'use strict';

/**
 * The side of an injector that the lane sees: what begins in the engine and what comes back from it.
 */

const os = require('node:os');

const native = require('./native.js');
const lane = require('./lane.js');
const outcome = require('./outcome.js');
const agentSession = require('./api/agent-session.js');
const telephonyV2 = require('./api/telephony-v2.js');
const { watch } = require('./abort.js');
const auditLog = require('./audit-log.js');
const diagnostics = require('./diagnostics.js');
const { nativeSide } = require('./auth-client.js');
const { ChannelLock } = require('./channel-lock.js');
const { DtmfError, invalid, isDtmfError, notSent } = require('./errors.js');
const { ForeignTokens } = require('./foreign-tokens.js');
const { Monitors } = require('./monitors.js');
const {
  own,
  reading,
  toOptionalJson,
  textOrNull,
  digitsOrNull,
  throwIfWrong,
  madeOrThrow,
  checkSignal,
} = require('./options.js');

/**
 * What to say of input that could not be handed to the engine. What a getter of the program threw may
 * hold anything, so it is not repeated.
 * @param {unknown} error
 */
function wrongInput(error) {
  return isDtmfError(error) ? error.message : 'params or options cannot be read: a property threw';
}

/**
 * How an injection is to be made, beside its params.
 * @typedef {object} Terms
 * @property {number | undefined} lock
 * @property {boolean} aborted whether the signal has fired already
 * @property {string | null} options
 */

/** The wire profiles by the names that the option `api` gives them. */
const APIS = { 'telephony-v2': telephonyV2, 'agent-session': agentSession };

/**
 * @param {unknown} lock
 * @returns {number | undefined}
 */
function lockNumber(lock) {
  if (lock === undefined) return undefined;
  if (!ChannelLock.is(lock)) throw invalid('lock must be a lock that acquireChannelLock gave');
  return ChannelLock.numberOf(lock);
}

class InjectorSide {
  /** @type {any} */
  #api;
  #clear;
  #fleet;
  #log;
  /** @type {((anchor: string) => unknown) | undefined} */
  #onAnchor;
  /** @type {ForeignTokens | undefined} */
  #foreign;
  /** @type {Map<number, ChannelLock>} */
  #locks = new Map();
  /** @type {WeakSet<ChannelLock>} */
  #own = new WeakSet();

  /**
   * @param {any} authClient
   * @param {any} config what the engine read
   * @param {{ log: import('./logger.js').Log, onAnchor?: (anchor: string) => unknown }} face what stays on this side
   */
  constructor(authClient, config, { log, onAnchor }) {
    const auth = nativeSide(authClient);
    this.#api = APIS[/** @type {keyof typeof APIS} */ (config.api)];
    this.#clear = config.showsDigits;
    this.#fleet = config.inFleet;
    this.#log = log;
    this.#onAnchor = onAnchor;
    this.monitors = new Monitors(log);
    if (!auth) this.#foreign = new ForeignTokens(authClient);
    // The client stays reachable as long as an injector uses it, since its log lines come through it.
    this.auth = auth;
    const number = lane.register(this);
    const toLogger = log.debug !== undefined;
    const toStderr = process.env['CXONE_DTMF_LOG'] === 'debug';
    const host = os.hostname();
    this.native = madeOrThrow(
      native.NativeInjector.open(lane.lane, number, auth?.native, config, toLogger, toStderr, host),
    );
    if (auth) auth.injectorLog ??= log;
  }

  /**
   * Begins an injection before it returns, so that the order of the calls is the order of the digits.
   * @param {any} params
   * @param {any} options
   * @returns {Promise<{ record: any, entry: any, signal: AbortSignal | undefined }>}
   */
  inject(params, options) {
    return new Promise((resolve) => {
      /** @type {string | Uint8Array | null} */
      let digits = null;
      /** @type {any} */
      let asked;
      /** @type {AbortSignal | undefined} */
      let signal;
      /** @type {string | undefined} */
      let correlationId;
      /** @type {diagnostics.Injection | undefined} */
      let injection;
      let unwatch = () => {};
      const id = lane.open({
        owner: this,
        retrying: (record) => this.#retrying(record),
        unmasked: (record) => this.#unmasked(record),
        settled: (record) => {
          const showing = { asked, api: this.#api, clear: this.#clear, fleet: this.#fleet, correlationId };
          const entry = outcome.auditEntry(record, showing);
          try {
            this.#tell(record, showing);
            diagnostics.finish(injection, entry, () =>
              record.error ? outcome.error(record, entry, signal) : undefined,
            );
          } finally {
            // Whoever is told: the digits are pressed or not, and the caller has to know.
            resolve({ record, entry, signal });
            unwatch();
          }
        },
      });
      try {
        if (typeof params !== 'object' || params === null) throw invalid('params must be an object');
        // Read once: what the program does to its object afterwards changes nothing.
        // Digits first, since bytes are wiped whatever is wrong with the rest.
        digits = digitsOrNull(params.dtmfString);
        asked = this.#api.read(params, digits);
        const given = {
          traceparent: own(options, 'traceparent'),
          correlationId: own(options, 'correlationId'),
        };
        injection = diagnostics.begin(given);
        const { traceparent } = injection ?? given;
        correlationId = (injection ?? given).correlationId;
        const lock = lockNumber(own(options, 'lock'));
        signal = checkSignal(own(options, 'signal'));
        const kept = ['signal', 'lock', 'traceparent', 'correlationId'];
        const traced = traceparent !== undefined || correlationId !== undefined;
        const json = toOptionalJson(options, kept, traced ? { traceparent, correlationId } : undefined);
        // Before the engine begins: a signal that cannot be listened to must not let a digit through.
        unwatch = watch(signal, () => this.native.abort(id));
        const terms = { lock, aborted: signal?.aborted === true, options: json };
        this.#api.inject(this.native, id, asked, terms);
      } catch (error) {
        this.native.refuse(id, wrongInput(error));
        lane.drainSoon();
      } finally {
        digits = this.#wiped(digits);
        if (asked) asked.dtmfString = digits;
      }
    });
  }

  /**
   * Wipes digits that came as bytes, and gives what may be kept of them.
   * @param {string | Uint8Array | null} digits
   * @returns {string | null}
   */
  #wiped(digits) {
    if (digits === null || typeof digits === 'string') return digits;
    const shown = this.#clear ? Buffer.from(digits).toString('latin1') : null;
    // Not the method of the object: a program may have put its own there.
    Uint8Array.prototype.fill.call(digits, 0);
    return shown;
  }

  /**
   * Tells the log and the monitors, each of which gets an entry of its own.
   * @param {any} record
   * @param {import('./outcome.js').Showing} showing
   */
  #tell(record, showing) {
    const entry = () => outcome.auditEntry(record, showing);
    if (this.#log.enabled) {
      if (record.accepted) this.#log.info('DTMF injection completed', entry());
      else this.#log.error('DTMF injection failed', entry());
    }
    if (this.monitors.any) this.monitors.emit(outcome.finalEvent(entry(), showing));
  }

  /**
   * Begins to wait for the lock of a call.
   * @param {unknown} callId
   * @param {any} options
   * @returns {Promise<{ record: any, lock: ChannelLock | undefined, signal: AbortSignal | undefined }>}
   */
  acquireLock(callId, options) {
    return new Promise((resolve) => {
      const signal = reading(() => checkSignal(own(options, 'signal')));
      const json = toOptionalJson(options, ['signal']);
      let unwatch = () => {};
      /** @param {number} id */
      const begin = (id) => {
        unwatch = watch(signal, () => this.native.abort(id));
        this.native.acquireLock(id, textOrNull(callId), signal?.aborted === true, json);
      };
      /** @param {any} record */
      const settled = (record) => {
        // Here and not after an await: the record after this one may say that the lock ran out.
        const lock = record.error ? undefined : this.#holds(String(callId), record.value);
        resolve({ record, lock, signal });
        unwatch();
      };
      reading(() => lane.request(this, begin, settled));
    });
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

  /** @param {any} record */
  #unmasked({ callId, injectionId, error }) {
    if (!error) return;
    const { code, message: errorMessage } = error;
    this.#log.error('Recording could not be unmasked', { callId, injectionId, code, errorMessage });
  }

  /**
   * Begins to follow a session. It keeps neither the process nor this object alive.
   * @param {unknown} sessionId
   * @returns {() => void} ends it
   */
  follow(sessionId) {
    const id = lane.next();
    throwIfWrong(this.native.followSession(id, textOrNull(sessionId)));
    return () => this.native.abort(id);
  }

  /** @param {any} record */
  auditNotice(record) {
    auditLog.take(record, this.#log, this.#onAnchor);
  }

  /** @param {any} record a line of the engine */
  logged({ message, fields }) {
    this.#log.debug?.(message, fields);
  }

  withoutLease() {
    this.#log.warn('Redis is away: calls are locked within this process only (fleet.onUnavailable)', {});
  }

  /** @param {any} record */
  sessionEnded({ sessionId }) {
    this.#log.info('Session ended', { sessionId });
  }

  /** @param {any} record */
  sessionNotHeard({ sessionId, error }) {
    const { code, message: errorMessage } = error;
    const message = 'The events of the session cannot be heard; trying again';
    this.#log.warn(message, { sessionId, code, errorMessage });
  }

  /**
   * @param {string} callId
   * @param {number} number
   */
  #holds(callId, number) {
    const lock = new ChannelLock(callId, number, async (number) => {
      this.#locks.delete(number);
      await lane.ask(this, (id) => this.native.releaseLock(id, number));
    });
    this.#locks.set(number, lock);
    this.#own.add(lock);
    return lock;
  }

  /** The engine has released everything. */
  holdsNothing() {
    this.#locks.clear();
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
