'use strict';

/**
 * The sessions that one injector follows. What is heard of one is told in the context of the code that follows it.
 */

const { AsyncResource, outside } = require('./context.js');
const lane = require('./lane.js');
const { textOrNull, throwIfWrong } = require('./options.js');
const { SafeMap } = require('./primordials.js');

class Sessions {
  #native;
  #log;
  /**
   * By the id of the session. A session may be followed several times: the last one counts.
   * @type {Map<string, AsyncResource>}
   */
  #contexts = new SafeMap();

  /**
   * @param {import('./native.js').NativeInjector} native
   * @param {import('./logger.js').Log} log
   */
  constructor(native, log) {
    this.#native = native;
    this.#log = log;
  }

  /**
   * Begins to follow a session. It keeps neither the process nor this object alive.
   * @param {unknown} sessionId
   * @returns {() => void} ends it
   */
  follow(sessionId) {
    const id = lane.next();
    throwIfWrong(this.#native.followSession(id, textOrNull(sessionId)));
    const session = String(sessionId);
    const context = new AsyncResource('DtmfSession');
    this.#contexts.set(session, context);
    return () => {
      if (this.#contexts.get(session) === context) this.#contexts.delete(session);
      this.#native.abort(id);
    };
  }

  /** @param {import('./types.js').SessionEnded} record */
  ended({ sessionId }) {
    this.#told(sessionId, () => this.#log.info('Session ended', { sessionId }));
    this.#contexts.delete(sessionId);
  }

  /** @param {import('./types.js').SessionNotHeard} record */
  notHeard({ sessionId, error }) {
    const { code, message: errorMessage } = error;
    const message = 'The events of the session cannot be heard; trying again';
    this.#told(sessionId, () => this.#log.warn(message, { sessionId, code, errorMessage }));
  }

  /**
   * @param {string} sessionId
   * @param {() => unknown} tell
   */
  #told(sessionId, tell) {
    const context = this.#contexts.get(sessionId);
    if (context) context.runInAsyncScope(tell);
    else outside(tell);
  }
}

module.exports = { Sessions };
