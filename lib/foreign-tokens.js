'use strict';

/**
 * Asks an auth client of the program's own, when the engine wants a token.
 */

const { outside } = require('./context.js');
const { guarded } = require('./guarded.js');
const { SafeMap } = require('./primordials.js');

/** @typedef {import('./native.js').NativeInjector} NativeInjector */

/** Names and codes of errors as the field writes them; anything else may hold a secret. */
const KIND = /^(?:[A-Z][A-Za-z]{0,40}Error|E[A-Z]{3,20}|(?:ERR|UND_ERR)_[A-Z_]{2,40})$/;

/** @param {unknown} error */
function kindOf(error) {
  try {
    const { name, code } = /** @type {{ name?: unknown, code?: unknown }} */ (error);
    const words = [name, code].filter((word) => typeof word === 'string' && KIND.test(word));
    if (words.length > 0) return words.join(' ');
  } catch {
    // It is null, or a getter of it threw: it has no kind to show.
  }
  return 'it threw something without a known name';
}

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
      if (typeof token === 'string') engine.tokenAnswered(request, token);
      else engine.tokenFailed(request, 'it gave no string');
    } catch (error) {
      engine.tokenFailed(request, kindOf(error));
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
