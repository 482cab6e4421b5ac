'use strict';

const native = require('./native.js');
const { printsPlainly } = require('./face.js');
const { ForeignSecrets } = require('./foreign-secrets.js');
const lane = require('./lane.js');
const { watch } = require('./abort.js');
const { failed, invalid, notSent } = require('./errors.js');
const { createLog, standardOutput } = require('./logger.js');
const { reading, toJson, madeOrThrow, checkSignal, readLater } = require('./options.js');
const { own, hide } = require('./own.js');
const { ObjectGetPrototypeOf, ObjectKeys, Promise } = require('./primordials.js');
const { known, selfOf } = require('./self.js');

/** @typedef {import('./logger.js').Log} Log */
/** @typedef {(begin: (id: number) => void, settle: (settled: import('./types.js').Settled) => void) => void} Ask */

/**
 * What an injector must know of a client and a program must not; `undefined` for one of another kind. A `Proxy` and an
 * heir by prototype stand for the client behind them.
 * @type {(client: unknown) => { native: native.NativeAuthClient, useLog(log: Log): void, ask: Ask } | undefined}
 */
let clientOf;

/**
 * Whether it is a client itself whose ways to a token are those of this package. What a `Proxy` gives may be anything.
 * @type {(client: import('../index.js').TokenSource) => boolean}
 */
let isUntouched;

/** That of this package, whatever stands on the prototype later. @type {CXoneAuthClient['getAccessToken']} */
let ownGetAccessToken;

class CXoneAuthClient {
  #native;
  #receiver;
  #secrets;
  /** Its own, or that of the first injector that uses it. @type {Log | undefined} */
  #log;
  #config;

  /** @param {unknown} config */
  constructor(config) {
    this.#secrets = reading(() => new ForeignSecrets(config));
    const asked = this.#secrets.options;
    const json = toJson('config', config, ['logger', ...asked]);
    this.#log = reading(() => createLog(own(config, 'logger')));
    this.#receiver = this.#receive();
    const number = lane.register(this.#receiver);
    this.#native = madeOrThrow(native.NativeAuthClient.open(lane.lane, number, json, asked));
    this.#config = readLater(() => this.#native.shown);
    known(this);
  }

  static {
    clientOf = (client) => {
      const self = CXoneAuthClient.#of(client);
      if (!self) return undefined;
      return {
        native: self.#native,
        useLog(log) {
          self.#log ??= log;
        },
        ask: (begin, settle) => lane.request(self.#receiver, begin, settle),
      };
    };
    const { getAccessToken, invalidateToken } = CXoneAuthClient.prototype;
    ownGetAccessToken = getAccessToken;
    isUntouched = (client) => {
      try {
        return (
          #native in client &&
          client.getAccessToken === getAccessToken &&
          client.invalidateToken === invalidateToken
        );
      } catch {
        // A getter of the program threw: it is asked, and fails as it will.
        return false;
      }
    };
  }

  /**
   * @param {unknown} value
   * @returns {CXoneAuthClient | undefined}
   */
  static #of(value) {
    if (typeof value === 'object' && value !== null && #native in value) return value;
    const self = selfOf(value);
    return typeof self === 'object' && self !== null && #native in self ? self : undefined;
  }

  /**
   * @param {unknown} value the `this` of a method
   * @param {string} method
   */
  static #self(value, method) {
    const self = CXoneAuthClient.#of(value);
    if (!self) throw invalid(`${method} must be called as a method of a CXoneAuthClient`);
    return self;
  }

  /**
   * What the lane tells of this client.
   * @returns {import('./types.js').ClientReceiver}
   */
  #receive() {
    const log = () => this.#log ?? standardOutput;
    return {
      tokenRefreshed: () => log().info('OAuth token refreshed successfully', {}),
      tokenRefreshFailed: ({ error: { code, message: errorMessage } }) =>
        log().warn('OAuth token refresh failed; the current token stays in use', { code, errorMessage }),
      secretWanted: (wanted) => this.#secrets.ask(wanted, this.#native),
      secretNotWanted: ({ request }) => this.#secrets.giveUp(request),
    };
  }

  get config() {
    return CXoneAuthClient.#self(this, 'config').#config();
  }

  set config(_) {
    throw invalid('config cannot be set: make a new CXoneAuthClient');
  }

  get token() {
    return CXoneAuthClient.#self(this, 'token').#native.token ?? null;
  }

  set token(value) {
    CXoneAuthClient.#assign(this, 'token', value, value === '' ? null : value);
  }

  get tokenExpiry() {
    return CXoneAuthClient.#self(this, 'tokenExpiry').#native.tokenExpiry;
  }

  set tokenExpiry(value) {
    const isOver = typeof value === 'number' && value <= Date.now();
    CXoneAuthClient.#assign(this, 'tokenExpiry', value, isOver ? null : value);
  }

  /**
   * Only forgetting can be asked for. A subclass with a `getAccessToken` of its own may keep its token here, as in the
   * tutorial: then the value is the object's own from now on.
   * @param {unknown} target
   * @param {string} name
   * @param {unknown} value
   * @param {unknown} meant `null` for what says that there is no token
   */
  static #assign(target, name, value, meant) {
    const self = CXoneAuthClient.#self(target, name);
    const forgets = meant === null || meant === undefined;
    const keepsItsOwn = ObjectGetPrototypeOf(self).getAccessToken !== ownGetAccessToken;
    if (!forgets && !keepsItsOwn) {
      throw invalid(
        `${name} cannot be set, but to ${name === 'token' ? 'null' : '0'}, which forgets the token as invalidateToken() does: ` +
          'for tokens of your own pass any object with getAccessToken() in place of the client',
      );
    }
    if (forgets) self.#native.invalidateToken();
    if (keepsItsOwn) hide(self, name, value);
  }

  /**
   * @param {unknown} [options]
   * @returns {Promise<string>}
   */
  async getAccessToken(options) {
    const signal = reading(() => {
      const unknown = ObjectKeys(options ?? {}).find((key) => key !== 'signal');
      if (unknown !== undefined) throw invalid(`${unknown} is not an option: check the spelling`);
      return checkSignal(own(options, 'signal'));
    });
    const self = CXoneAuthClient.#self(this, 'getAccessToken');
    let unwatch = () => {};
    /** @type {import('./types.js').Settled} */
    const { error, value } = await new Promise((resolve) => {
      /** @param {number} id */
      const begin = (id) => {
        unwatch = watch(signal, () => {
          // Others may share the request, so only this wait ends.
          lane.close(id);
          resolve({ error: notSent('ABORT_ERR', 'the wait for the token was aborted'), value: undefined });
        });
        if (!signal?.aborted) self.#native.getAccessToken(id);
      };
      reading(() => lane.request(self.#receiver, begin, resolve));
    });
    unwatch();
    if (error) throw failed(error, signal);
    return String(value);
  }

  invalidateToken() {
    CXoneAuthClient.#self(this, 'invalidateToken').#native.invalidateToken();
  }
}

printsPlainly(CXoneAuthClient);

module.exports = { CXoneAuthClient, clientOf, isUntouched };
