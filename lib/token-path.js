'use strict';

/**
 * Whether tokens come from the engine's cache or through `getAccessToken` and `invalidateToken` of the client, which a
 * program may replace at any time and put back: asked with each injection, and each time the engine is not certain.
 */

const { clientOf, isUntouched } = require('./auth-client.js');
const { ForeignTokens } = require('./foreign-tokens.js');
const { queueMicrotask } = require('./primordials.js');

/** @typedef {import('./native.js').NativeInjector} NativeInjector */

class TokenPath {
  #client;
  #foreign;
  /** Whether the client is one of this package, or stands for one. */
  #isOurs;
  #replaced = false;
  #looksAgain = false;

  /** @param {import('../index.js').TokenSource} client */
  constructor(client) {
    this.#client = client;
    this.#foreign = new ForeignTokens(client);
    this.#isOurs = clientOf(client) !== undefined;
  }

  /**
   * With each injection: twice, since the program may go on and replace something before it waits for the first one.
   * @param {NativeInjector} engine
   */
  look(engine) {
    if (!this.#isOurs) return;
    this.#tell(engine);
    if (this.#looksAgain) return;
    this.#looksAgain = true;
    queueMicrotask(() => {
      this.#looksAgain = false;
      this.#tell(engine);
    });
  }

  /** @param {NativeInjector} engine */
  #tell(engine) {
    const replaced = !isUntouched(this.#client);
    if (replaced === this.#replaced) return;
    this.#replaced = replaced;
    engine.tokenPath(replaced, undefined);
  }

  /**
   * @param {number} request
   * @param {NativeInjector} engine
   */
  wanted(request, engine) {
    if (this.#isOurs) {
      this.#replaced = !isUntouched(this.#client);
      engine.tokenPath(this.#replaced, request);
      if (!this.#replaced) return;
    }
    this.#foreign.ask(request, engine);
  }

  /** @param {number} request */
  notWanted(request) {
    this.#foreign.giveUp(request);
  }

  refused() {
    this.#foreign.refused();
  }
}

module.exports = { TokenPath };
