'use strict';

/**
 * Asks the functions that stand for the secrets of an auth client, when the engine wants one.
 */

const causes = require('./causes.js');
const { guardJson } = require('./concealed-cause.js');
const { outside } = require('./context.js');
const { isDtmfError } = require('./errors.js');
const { textOrNull } = require('./options.js');
const { own } = require('./own.js');
const { SafeMap } = require('./primordials.js');
const { factsOf } = require('./thrown.js');

/** @typedef {import('./native.js').NativeAuthClient} NativeAuthClient */

/** The options that may be such functions. */
const OPTIONS = ['clientSecret', 'accessKeySecret'];

class ForeignSecrets {
  /** @type {Map<string, import('../index.js').SecretSource>} */
  #functions = new SafeMap();
  /** @type {Map<number, AbortController>} */
  #calls = new SafeMap();

  /** @param {unknown} config */
  constructor(config) {
    for (const option of OPTIONS) {
      const value = own(config, option);
      if (typeof value === 'function') {
        this.#functions.set(option, /** @type {import('../index.js').SecretSource} */ (value));
      }
    }
  }

  /** The options that are functions. */
  get options() {
    return OPTIONS.filter((option) => this.#functions.has(option));
  }

  /**
   * Callers share a token, so its secret is asked for in the context of none.
   * @param {import('./types.js').SecretWanted} wanted
   * @param {NativeAuthClient} engine the native half of the client
   */
  ask(wanted, engine) {
    void outside(() => this.#ask(wanted, engine));
  }

  /**
   * @param {import('./types.js').SecretWanted} wanted
   * @param {NativeAuthClient} engine
   */
  async #ask({ request, option }, engine) {
    const call = new AbortController();
    this.#calls.set(request, call);
    try {
      const secret = await this.#functions.get(option)?.({ signal: call.signal });
      engine.secretAnswered(request, textOrNull(secret));
    } catch (thrown) {
      const facts = factsOf(thrown);
      // Ours show nothing as they are.
      if (!isDtmfError(thrown)) guardJson(thrown);
      engine.secretFailed(request, facts, causes.keep(thrown));
    } finally {
      this.#calls.delete(request);
    }
  }

  /** @param {number} request */
  giveUp(request) {
    this.#calls.get(request)?.abort();
  }
}

module.exports = { ForeignSecrets };
