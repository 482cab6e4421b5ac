'use strict';

/**
 * Asks an auth client of the program's own, when the engine wants a token.
 */

/** Names and codes of errors as the field writes them; anything else may hold a secret. */
const KIND = /^(?:[A-Z][A-Za-z]{0,40}Error|E[A-Z]{3,20}|(?:ERR|UND_ERR)_[A-Z_]{2,40})$/;

/** @param {any} error */
function kindOf(error) {
  try {
    const words = [error?.name, error?.code].filter((word) => typeof word === 'string' && KIND.test(word));
    if (words.length > 0) return words.join(' ');
  } catch {
    // A getter of the error threw: it has no kind to show.
  }
  return 'it threw something without a known name';
}

class ForeignTokens {
  #client;
  /** @type {Map<number, AbortController>} */
  #calls = new Map();

  /** @param {{ getAccessToken(options: { signal: AbortSignal }): unknown, invalidateToken?: () => unknown }} client */
  constructor(client) {
    this.#client = client;
  }

  /**
   * @param {number} request
   * @param {any} engine the native half of the injector
   */
  async ask(request, engine) {
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
    try {
      const done = /** @type {any} */ (this.#client.invalidateToken?.());
      if (typeof done?.then === 'function') done.then(undefined, () => {});
    } catch {
      // The next token decides; a client that cannot forget gives the old one, and the call ends with a 401.
    }
  }
}

module.exports = { ForeignTokens };
