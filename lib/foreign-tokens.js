'use strict';

/**
 * Asks an auth client of the program's own, when the engine wants a token.
 */

const causes = require('./causes.js');
const { guardJson } = require('./concealed-cause.js');
const { outside } = require('./context.js');
const { isDtmfError } = require('./errors.js');
const { guarded } = require('./guarded.js');
const { textOrNull } = require('./options.js');
const { SafeMap } = require('./primordials.js');
const { factsOf } = require('./thrown.js');

/** @typedef {import('./native.js').NativeInjector} NativeInjector */

class ForeignTokens {
  #client;
  /** @type {Map<number, AbortController>} */
  #calls = new SafeMap();

  /** @param {import('../index.js').TokenSource} client */
  constructor(client) {
    this.#client = client;
  }

  /**
   * Injections share a token, so it is asked for in the context of none.
   * @param {number} request
   * @param {NativeInjector} engine the native half of the injector
   */
  ask(request, engine) {
    void outside(() => this.#ask(request, engine));
  }

  /**
   * @param {number} request
   * @param {NativeInjector} engine
   */
  async #ask(request, engine) {
    const call = new AbortController();
    this.#calls.set(request, call);
    try {
      const token = await this.#client.getAccessToken({ signal: call.signal });
      engine.tokenAnswered(request, textOrNull(token));
    } catch (thrown) {
      const facts = factsOf(thrown);
      // Ours show nothing as they are.
      if (!isDtmfError(thrown)) guardJson(thrown);
      engine.tokenFailed(request, facts, causes.keep(thrown));
    } finally {
      this.#calls.delete(request);
    }
  }

  /** @param {number} request */
  giveUp(request) {
    this.#calls.get(request)?.abort();
  }

  refused() {
    // Whatever it throws: a client that cannot forget gives the old token, and the call ends with a 401.
    outside(() =>
      guarded(
        () => this.#client.invalidateToken?.(),
        () => {},
      ),
    );
  }
}

module.exports = { ForeignTokens };
