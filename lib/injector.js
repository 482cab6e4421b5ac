'use strict';

const { listed } = require('./audit-log.js');
const { coreOf, findCore, isItself, keepCore } = require('./cores.js');
const { DtmfError, invalid } = require('./errors.js');
const { inject } = require('./injection.js');
const { InjectorCore } = require('./injector-core.js');
const { printsPlainly } = require('./face.js');
const lane = require('./lane.js');
const { toOptionalJson, throwIfWrong, textOrNull, numberOrNaN } = require('./options.js');
const outcome = require('./outcome.js');
const { hide } = require('./own.js');
const { JSONParse, ObjectDefineProperty } = require('./primordials.js');

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
  /**
   * @param {import('../index.js').TokenSource} authClient
   * @param {unknown} config
   */
  constructor(authClient, config) {
    keepCore(this, new InjectorCore(authClient, config));
  }

  /** @param {unknown} callback */
  registerCTIMonitor(callback) {
    const { monitors, native } = coreOf(this);
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
    const { native, receiver, shared, tokens } = coreOf(this);
    tokens.look(native);
    const { record, signal } = await inject(receiver, shared, params, options);
    if (record.error) throw outcome.error(record.error, outcome.entryOf(record), signal);
    return outcome.result(record);
  }

  /**
   * @param {unknown} callId
   * @param {unknown} [options]
   */
  async acquireChannelLock(callId, options) {
    return await coreOf(this).locks.acquire(callId, options);
  }

  /** @param {unknown} [lock] */
  async releaseChannelLock(lock) {
    await coreOf(this).locks.release(lock);
  }

  /**
   * @template T
   * @param {unknown} callId
   * @param {(lock: import('./channel-lock.js').ChannelLock) => T | Promise<T>} fn
   * @param {unknown} [options]
   * @returns {Promise<T>}
   */
  async withChannelLock(callId, fn, options) {
    return await coreOf(this).locks.hold(callId, fn, options);
  }

  /**
   * @param {unknown} sessionId
   * @param {unknown} [options]
   */
  followSession(sessionId, options) {
    return coreOf(this).sessions.follow(sessionId, options);
  }

  /** @param {unknown} sessionId */
  session(sessionId) {
    return coreOf(this).sessions.handle(this, sessionId);
  }

  /** @param {unknown} options */
  async startSession(options) {
    return await coreOf(this).sessions.open(this, 'start', options);
  }

  /** @param {unknown} options */
  async joinSession(options) {
    return await coreOf(this).sessions.open(this, 'join', options);
  }

  /**
   * In effect in this process when it returns; the promise is the fleet's.
   * @param {unknown} id
   * @param {unknown} outcome
   * @returns {Promise<boolean>}
   */
  async resolve(id, outcome) {
    const { native, receiver } = coreOf(this);
    const { value, error } = await lane.ask(receiver, (number) =>
      native.resolve(number, textOrNull(id), textOrNull(outcome)),
    );
    if (error) throw new DtmfError(error);
    return /** @type {boolean} */ (value);
  }

  /** @returns {Promise<import('../index.js').InjectionInDoubt[]>} */
  async inDoubt() {
    return await survey(coreOf(this), false);
  }

  /** @returns {Promise<import('../index.js').InjectionInDoubt[]>} */
  async blockInDoubt() {
    return await survey(coreOf(this), true);
  }

  metrics() {
    const { native, monitors } = coreOf(this);
    return JSONParse(native.metrics(monitors.errors));
  }

  metricsText() {
    const { native, monitors } = coreOf(this);
    return native.metricsText(monitors.errors);
  }

  /**
   * @param {unknown} injectionId
   * @param {unknown} digitsRecognised
   */
  reportRecognition(injectionId, digitsRecognised) {
    const { native } = coreOf(this);
    throwIfWrong(native.reportRecognition(textOrNull(injectionId), numberOrNaN(digitsRecognised)));
  }

  /** @param {unknown} [options] */
  async close(options) {
    const { locks, native, receiver, sessions } = coreOf(this);
    const json = toOptionalJson(options, []);
    const { error } = await lane.ask(receiver, (id) => native.close(id, json));
    if (error) throw new DtmfError(error);
    locks.clear();
    sessions.close();
  }
}

/**
 * @param {InjectorCore} core
 * @param {boolean} blocks
 */
async function survey({ native, receiver, log }, blocks) {
  const { value, error } = await lane.ask(receiver, (id) => native.inDoubt(id, blocks));
  if (error) throw new DtmfError(error);
  return listed(/** @type {import('./types.js').AuditSurvey} */ (value), log);
}

for (const [name, read, remedy] of READ_ONLY) {
  ObjectDefineProperty(DtmfInjector.prototype, name, {
    configurable: true,
    /** @this {unknown} */
    get() {
      return read(coreOf(this));
    },
    set() {
      throw invalid(`${name} cannot be set: ${remedy}`);
    },
  });
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

const { injectDTMF } = DtmfInjector.prototype;

/**
 * What `injectWithRetry` must know of an injector: whether `injectDTMF` is that of this package, and where its log lines
 * go; `undefined` for one of another kind.
 * @param {unknown} injector
 */
function injectorOf(injector) {
  const core = findCore(injector);
  if (!core) return undefined;
  // What a Proxy gives may be anything.
  const own = /** @type {DtmfInjector} */ (injector);
  return { isUntouched: isItself(own) && own.injectDTMF === injectDTMF, log: core.log };
}

module.exports = { DtmfInjector, injectorOf };
