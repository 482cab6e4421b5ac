'use strict';

/**
 * A session in the hands of a program: what an injector does with it needs its id no more.
 */

const { invalid } = require('./errors.js');
const { printsPlainly } = require('./face.js');
const { reading } = require('./options.js');
const { own } = require('./own.js');

/** @typedef {import('./sessions.js').Sessions} Sessions */
/** @typedef {{ injectDTMF(params: object, options: unknown): Promise<unknown> }} Injector */

class DtmfSession {
  #sessions;
  #injector;
  /** @type {ReturnType<Sessions['begin']> | undefined} */
  #followed;

  /**
   * @param {string} id
   * @param {Sessions} sessions
   * @param {Injector} injector
   */
  constructor(id, sessions, injector) {
    this.id = id;
    this.#sessions = sessions;
    this.#injector = injector;
  }

  /**
   * @param {unknown} params those of `injectDTMF` but for the session
   * @param {unknown} [options]
   */
  async injectDTMF(params, options) {
    return await this.#injector.injectDTMF(
      reading(() => this.#named(params)),
      options,
    );
  }

  /** @param {unknown} [options] */
  follow(options) {
    const before = this.#followed;
    const goesOn = before !== undefined && !before.following.hasEnded;
    if (goesOn && options === undefined) return before.stop;
    this.#followed = this.#sessions.begin(this.id, options);
    before?.stop();
    return this.#followed.stop;
  }

  async dialAgentLeg() {
    await this.#sessions.command('dialAgentLeg', this.id, undefined);
  }

  async endAgentLeg() {
    await this.#sessions.command('endAgentLeg', this.id, undefined);
  }

  /** @param {unknown} [options] */
  async end(options) {
    await this.#sessions.command('end', this.id, options);
  }

  /** @param {unknown} params */
  #named(params) {
    if (typeof params !== 'object' || params === null) throw invalid('params must be an object');
    const sessionId = own(params, 'sessionId');
    if (sessionId !== undefined && sessionId !== this.id) {
      throw invalid('params.sessionId is that of another session: leave it out');
    }
    return { ...params, sessionId: this.id };
  }
}

printsPlainly(DtmfSession);

module.exports = { DtmfSession };
