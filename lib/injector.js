'use strict';

const { DtmfError, invalid } = require('./errors.js');
const { inject } = require('./injection.js');
const { InjectorCore } = require('./injector-core.js');
const { printsPlainly } = require('./face.js');
const lane = require('./lane.js');
const { toOptionalJson, throwIfWrong, textOrNull, numberOrNaN } = require('./options.js');
const outcome = require('./outcome.js');
const { hide } = require('./own.js');
const { JSONParse, ObjectDefineProperty } = require('./primordials.js');
const { known, selfOf } = require('./self.js');

/**
 * What `injectWithRetry` must know of an injector: whether `injectDTMF` is that of this package, and where its log lines
 * go; `undefined` for one of another kind. A `Proxy` and an heir by prototype stand for the injector behind them.
 * @type {(injector: unknown) => { isUntouched: boolean, log: import('./logger.js').Log } | undefined}
 */
let injectorOf;

/**
 * The rights that the user of the fleet's Redis lacks. For the command line, which tells them all at once.
 * @type {(injector: DtmfInjector) => Promise<string[]>}
 */
let missingFleetRights;

/** What a program may look at and not set. @type {readonly [string, (core: InjectorCore) => unknown, string][]} */
const READ_ONLY = [
  ['config', (core) => core.config(), 'make a new DtmfInjector'],
  ['authClient', (core) => core.shared.authClient, 'make a new DtmfInjector'],
  [
    'ctiCallbacks',
    (core) => core.monitors.callbacks,
    'registerCTIMonitor() adds one and returns its unregister',
  ],
];

class DtmfInjector {
  #core;

  /**
   * @param {import('../index.js').TokenSource} authClient
   * @param {unknown} config
   */
  constructor(authClient, config) {
    this.#core = new InjectorCore(authClient, config);
    known(this);
  }

  /**
   * @param {unknown} value an injector, or what stands for one
   * @returns {InjectorCore | undefined}
   */
  static #find(value) {
    if (typeof value === 'object' && value !== null && #core in value) return value.#core;
    const self = selfOf(value);
    return typeof self === 'object' && self !== null && #core in self ? self.#core : undefined;
  }

  /** @param {unknown} value the `this` of a method */
  static #of(value) {
    const core = DtmfInjector.#find(value);
    if (!core) throw invalid('methods of a DtmfInjector must be called as such: injector.method()');
    return core;
  }

  static {
    for (const [name, read, remedy] of READ_ONLY) {
      ObjectDefineProperty(DtmfInjector.prototype, name, {
        configurable: true,
        /** @this {unknown} */
        get() {
          return read(DtmfInjector.#of(this));
        },
        set() {
          throw invalid(`${name} cannot be set: ${remedy}`);
        },
      });
    }
    const { injectDTMF } = DtmfInjector.prototype;
    injectorOf = (injector) => {
      const core = DtmfInjector.#find(injector);
      if (!core) return undefined;
      // What a Proxy gives may be anything.
      const isItself = #core in /** @type {object} */ (injector);
      const isUntouched = isItself && /** @type {DtmfInjector} */ (injector).injectDTMF === injectDTMF;
      return { isUntouched, log: core.log };
    };
  }

  /** @param {unknown} callback */
  registerCTIMonitor(callback) {
    const { monitors, native } = DtmfInjector.#of(this);
    const unregister = monitors.register(callback);
    native.showAnswers(true);
    return () => {
      unregister();
      native.showAnswers(monitors.any);
    };
  }

  /**
   * @param {unknown} params
   * @param {unknown} [options]
   */
  async injectDTMF(params, options) {
    const { native, receiver, shared, tokens } = DtmfInjector.#of(this);
    tokens.look(native);
    const { record, signal } = await inject(receiver, shared, params, options);
    if (record.error) throw outcome.error(record.error, record.entry, signal);
    return outcome.result(record);
  }

  /**
   * @param {unknown} callId
   * @param {unknown} [options]
   */
  async acquireChannelLock(callId, options) {
    return await DtmfInjector.#of(this).locks.acquire(callId, options);
  }

  /** @param {unknown} [lock] */
  async releaseChannelLock(lock) {
    await DtmfInjector.#of(this).locks.release(lock);
  }

  /**
   * @template T
   * @param {unknown} callId
   * @param {(lock: import('./channel-lock.js').ChannelLock) => T | Promise<T>} fn
   * @param {unknown} [options]
   * @returns {Promise<T>}
   */
  async withChannelLock(callId, fn, options) {
    return await DtmfInjector.#of(this).locks.hold(callId, fn, options);
  }

  /**
   * @param {unknown} sessionId
   * @param {unknown} [options]
   */
  followSession(sessionId, options) {
    return DtmfInjector.#of(this).sessions.follow(sessionId, options);
  }

  /** @param {unknown} sessionId */
  session(sessionId) {
    return DtmfInjector.#of(this).sessions.handle(this, sessionId);
  }

  /** @param {unknown} options */
  async startSession(options) {
    return await DtmfInjector.#of(this).sessions.open(this, 'start', options);
  }

  /** @param {unknown} options */
  async joinSession(options) {
    return await DtmfInjector.#of(this).sessions.open(this, 'join', options);
  }

  /**
   * In effect in this process when it returns; the promise is the fleet's.
   * @param {unknown} id
   * @param {unknown} outcome
   * @returns {Promise<boolean>}
   */
  async resolve(id, outcome) {
    const { native, receiver } = DtmfInjector.#of(this);
    const { value, error } = await lane.ask(receiver, (number) =>
      native.resolve(number, textOrNull(id), textOrNull(outcome)),
    );
    if (error) throw new DtmfError(error);
    return /** @type {boolean} */ (value);
  }

  metrics() {
    const { native, monitors } = DtmfInjector.#of(this);
    return JSONParse(native.metrics(monitors.errors));
  }

  metricsText() {
    const { native, monitors } = DtmfInjector.#of(this);
    return native.metricsText(monitors.errors);
  }

  /**
   * @param {unknown} injectionId
   * @param {unknown} digitsRecognised
   */
  reportRecognition(injectionId, digitsRecognised) {
    const { native } = DtmfInjector.#of(this);
    throwIfWrong(native.reportRecognition(textOrNull(injectionId), numberOrNaN(digitsRecognised)));
  }

  /** @param {unknown} [options] */
  async close(options) {
    const { locks, native, receiver, sessions } = DtmfInjector.#of(this);
    const json = toOptionalJson(options, []);
    const { error } = await lane.ask(receiver, (id) => native.close(id, json));
    if (error) throw new DtmfError(error);
    locks.clear();
    sessions.close();
  }

  static {
    missingFleetRights = async (injector) => {
      const { native, receiver } = DtmfInjector.#of(injector);
      const { value, error } = await lane.ask(receiver, (id) => native.missingFleetRights(id));
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

printsPlainly(DtmfInjector);

module.exports = { DtmfInjector, injectorOf, missingFleetRights };
