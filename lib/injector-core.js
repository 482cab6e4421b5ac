'use strict';

/**
 * What is behind a `DtmfInjector`: its native half, and what one injector shares among its injections, locks and sessions.
 */

const os = require('node:os');

const auditLog = require('./audit-log.js');
const { clientOf } = require('./auth-client.js');
const { invalid } = require('./errors.js');
const lane = require('./lane.js');
const { Locks } = require('./locks.js');
const { createLog, standardOutput } = require('./logger.js');
const { Monitors } = require('./monitors.js');
const native = require('./native.js');
const { reading, readLater, toJson, madeOrThrow } = require('./options.js');
const { own } = require('./own.js');
const { warnOfUnpublished } = require('./published.js');
const { Sessions } = require('./sessions.js');
const { TokenPath } = require('./token-path.js');

class InjectorCore {
  /**
   * @param {import('../index.js').TokenSource} authClient
   * @param {unknown} given the options
   */
  constructor(authClient, given) {
    if (typeof authClient?.getAccessToken !== 'function') {
      throw invalid('authClient must be a CXoneAuthClient or have a method getAccessToken()');
    }
    const { crossing, onAnchor } = reading(() => auditLog.parted(given));
    const json = toJson('config', crossing, ['logger']);
    this.log = reading(() => createLog(own(given, 'logger'))) ?? standardOutput;
    const read = madeOrThrow(native.NativeInjectorConfig.read(json));
    const { shown } = read;
    this.config = readLater(() => shown);
    this.tokens = new TokenPath(authClient);
    /** What the lane tells of this injector. It lives as long as the injector, or work of it. */
    this.receiver = this.#receive(onAnchor);
    const auth = clientOf(authClient);
    this.native = this.#open(auth?.native, read);
    auth?.useLog(this.log);
    warnOfUnpublished(read, auth?.native, this.log);
    this.monitors = new Monitors(this.log);
    this.locks = new Locks(this.native, this.log, this.receiver, this.tokens);
    this.sessions = new Sessions(this.native, this.log, this.monitors, this.receiver);
    /** @type {import('./injection.js').Shared} */
    this.shared = {
      authClient,
      native: this.native,
      log: this.log,
      monitors: this.monitors,
      api: { name: read.api, params: read.params, strict: read.isStrict },
    };
  }

  /**
   * @param {native.NativeAuthClient | undefined} auth
   * @param {native.NativeInjectorConfig} read
   */
  #open(auth, read) {
    const number = lane.register(this.receiver);
    const toLogger = this.log.debug !== undefined;
    const toStderr = process.env['CXONE_DTMF_LOG'] === 'debug';
    const host = os.hostname();
    return madeOrThrow(native.NativeInjector.open(lane.lane, number, auth, read, toLogger, toStderr, host));
  }

  /**
   * @param {((anchor: string) => unknown) | undefined} onAnchor
   * @returns {import('./types.js').Receiver}
   */
  #receive(onAnchor) {
    const { log, tokens } = this;
    return {
      lockExpired: (record) => this.locks.expired(record),
      withoutLease: ({ awayMs }) =>
        log.warn('Redis is away: calls are locked within this process only (fleet.onUnavailable)', {
          awayMs,
        }),
      leasesAgain: ({ afterMs }) =>
        log.info('Redis is back: calls are locked in the whole fleet', { afterMs }),
      auditNotice: (record) => auditLog.take(record, log, onAnchor),
      logged: ({ message, fields }) => log.debug?.(message, fields),
      sessionEvent: (record) => this.sessions.told(record),
      sessionEnded: (record) => this.sessions.ended(record),
      sessionNotHeard: (record) => this.sessions.notHeard(record),
      tokenWanted: ({ request }) => tokens.wanted(request, this.native),
      tokenNotWanted: ({ request }) => tokens.notWanted(request),
      tokenRefused: () => tokens.refused(),
    };
  }
}

module.exports = { InjectorCore };
