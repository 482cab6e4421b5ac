'use strict';

const native = require('./native.js');
const lane = require('./lane.js');
const { watch } = require('./abort.js');
const { failed, invalid, notSent } = require('./errors.js');
const { createLog, standardOutput } = require('./logger.js');
const { reading, toJson, madeOrThrow, checkSignal } = require('./options.js');
const { own } = require('./own.js');
const { ObjectKeys, Promise } = require('./primordials.js');

/** @typedef {import('./logger.js').Log} Log */

/**
 * What an injector must know of a client and a program must not. `undefined` for a client whose tokens cannot take the
 * native path: another's, or one of ours whose `getAccessToken` was replaced.
 * @type {(client: object) => { native: native.NativeAuthClient, useLog(log: Log): void } | undefined}
 */
let sideOf;

class CXoneAuthClient {
  #native;
  #receiver;
  /** Its own, or that of the first injector that uses it. @type {Log | undefined} */
  #log;

  /** @param {unknown} config */
  constructor(config) {
    const json = toJson('config', config, ['logger']);
    this.#log = reading(() => createLog(own(config, 'logger')));
    this.#receiver = this.#receive();
    this.#native = madeOrThrow(native.NativeAuthClient.open(lane.lane, lane.register(this.#receiver), json));
  }

  static {
    sideOf = (client) => {
      if (!CXoneAuthClient.#is(client) || client.getAccessToken !== CXoneAuthClient.prototype.getAccessToken)
        return undefined;
      return {
        native: client.#native,
        useLog(log) {
          client.#log ??= log;
        },
      };
    };
  }

  /**
   * @param {unknown} value
   * @returns {value is CXoneAuthClient}
   */
  static #is(value) {
    return typeof value === 'object' && value !== null && #native in value;
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
    };
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
    if (!CXoneAuthClient.#is(this))
      throw invalid('getAccessToken must be called as a method of a CXoneAuthClient');
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
        if (!signal?.aborted) this.#native.getAccessToken(id);
      };
      reading(() => lane.request(this.#receiver, begin, resolve));
    });
    unwatch();
    if (error) throw failed(error, signal);
    return String(value);
  }

  invalidateToken() {
    if (CXoneAuthClient.#is(this)) this.#native.invalidateToken();
  }
}

module.exports = { CXoneAuthClient, sideOf };
