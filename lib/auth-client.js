'use strict';

const native = require('./native.js');
const lane = require('./lane.js');
const { watch, reasonOf } = require('./abort.js');
const { DtmfError, invalid, notSent } = require('./errors.js');
const { createLog, standardOutput } = require('./logger.js');
const { own, reading, toJson, madeOrThrow, checkSignal } = require('./options.js');

/**
 * What an injector must know of a client and a program must not: the native half, and the log.
 * @type {WeakMap<object, ClientSide>}
 */
const clients = new WeakMap();

/** The side of a client that the lane and the injectors see. */
class ClientSide {
  /**
   * @param {string} config
   * @param {import('./logger.js').Log | undefined} log
   */
  constructor(config, log) {
    this.ownLog = log;
    /** @type {import('./logger.js').Log | undefined} */
    this.injectorLog = undefined;
    this.native = madeOrThrow(native.NativeAuthClient.open(lane.lane, lane.register(this), config));
  }

  get log() {
    return this.ownLog ?? this.injectorLog ?? standardOutput;
  }

  tokenRefreshed() {
    this.log.info('OAuth token refreshed successfully', {});
  }

  /** @param {import('./errors.js').Failure} error */
  tokenRefreshFailed(error) {
    this.log.warn('OAuth token refresh failed; the current token stays in use', {
      code: error.code,
      errorMessage: error.message,
    });
  }
}

class CXoneAuthClient {
  /** @param {unknown} config */
  constructor(config) {
    const json = toJson('config', config, ['logger']);
    const log = reading(() => createLog(own(config, 'logger')));
    clients.set(this, new ClientSide(json, log));
  }

  /**
   * @param {{ signal?: AbortSignal }} [options]
   * @returns {Promise<string>}
   */
  async getAccessToken(options) {
    const signal = reading(() => {
      const unknown = Object.keys(options ?? {}).find((key) => key !== 'signal');
      if (unknown !== undefined) throw invalid(`${unknown} is not an option: check the spelling`);
      return checkSignal(own(options, 'signal'));
    });
    const side = clients.get(this);
    if (!side) throw invalid('getAccessToken must be called as a method of a CXoneAuthClient');
    /** @type {() => void} */
    let unwatch = () => {};
    const record = await new Promise((resolve) => {
      /** @param {number} id */
      const begin = (id) => {
        unwatch = watch(signal, () => {
          // Others may share the request, so only this wait ends.
          lane.close(id);
          resolve({ error: notSent('ABORT_ERR', 'the wait for the token was aborted') });
        });
        if (!signal?.aborted) side.native.getAccessToken(id);
      };
      reading(() => lane.request(side, begin, resolve));
    });
    unwatch();
    if (record.error) {
      const aborted = record.error.code === 'ABORT_ERR';
      throw new DtmfError(record.error, aborted ? { cause: reasonOf(signal) } : {});
    }
    return record.value;
  }

  invalidateToken() {
    clients.get(this)?.native.invalidateToken();
  }
}

/**
 * The side of a client whose tokens can take the native path: one of ours whose `getAccessToken` nobody replaced.
 * @param {any} client
 * @returns {ClientSide | undefined}
 */
function nativeSide(client) {
  return client?.getAccessToken === CXoneAuthClient.prototype.getAccessToken
    ? clients.get(client)
    : undefined;
}

module.exports = { CXoneAuthClient, nativeSide };
