'use strict';

/**
 * The sessions of one injector: those that it follows, and those that it opens. What is heard of one is told in the context
 * of the code that follows it.
 */

const { AsyncResource, outside } = require('./context.js');
const { DtmfError, invalid } = require('./errors.js');
const { DtmfSession } = require('./session.js');
const { Following } = require('./following.js');
const { guarded } = require('./guarded.js');
const lane = require('./lane.js');
const { reading, textOrNull, throwIfWrong, toOptionalJson } = require('./options.js');
const { deepFreeze, own } = require('./own.js');
const { ObjectKeys, SafeMap } = require('./primordials.js');

/** @typedef {(event: object) => unknown} Recognition */

/**
 * @typedef {object} Followed
 * @property {AsyncResource} context
 * @property {Following} following
 * @property {Recognition | undefined} recognition
 */

class Sessions {
  #native;
  #log;
  #monitors;
  #receiver;
  /** By the number of the following. @type {Map<number, Followed>} */
  #followed = new SafeMap();

  /**
   * @param {import('./native.js').NativeInjector} native
   * @param {import('./logger.js').Log} log
   * @param {import('./monitors.js').Monitors} monitors
   * @param {object} receiver lives as long as work of the injector
   */
  constructor(native, log, monitors, receiver) {
    this.#native = native;
    this.#log = log;
    this.#monitors = monitors;
    this.#receiver = receiver;
  }

  /**
   * Begins to follow a session. It keeps neither the process nor this object alive; who waits for the next event does.
   * @param {unknown} sessionId
   * @param {unknown} [options]
   */
  follow(sessionId, options) {
    return this.begin(sessionId, options).stop;
  }

  /**
   * The same with what keeps the events.
   * @param {unknown} sessionId
   * @param {unknown} [options]
   */
  begin(sessionId, options) {
    const recognition = reading(() => recognitionOf(options));
    const id = lane.next();
    throwIfWrong(this.#native.followSession(id, textOrNull(sessionId), recognition !== undefined));
    const following = new Following(this.#receiver);
    const context = new AsyncResource('DtmfSession');
    this.#followed.set(id, { context, following, recognition });
    const stop = following.handle(() => {
      this.#followed.delete(id);
      this.#native.abort(id);
    });
    return { following, stop };
  }

  /**
   * A session in the hands of the program.
   * @param {import('./session.js').Injector} injector
   * @param {unknown} sessionId
   */
  handle(injector, sessionId) {
    if (typeof sessionId !== 'string') throw invalid('sessionId must be a string');
    return new DtmfSession(sessionId, this, injector);
  }

  /**
   * Opens a session, and follows it: its polls keep it alive.
   * @param {import('./session.js').Injector} injector
   * @param {string} command
   * @param {unknown} options
   */
  async open(injector, command, options) {
    const session = this.handle(injector, await this.command(command, undefined, options));
    session.follow();
    return session;
  }

  /**
   * Does something with a session.
   * @param {string} command
   * @param {unknown} sessionId
   * @param {unknown} options
   * @returns {Promise<unknown>} the id of the session, where one was opened
   */
  async command(command, sessionId, options) {
    const json = reading(() => toOptionalJson(options, []));
    const { value, error } = await lane.ask(this.#receiver, (id) =>
      this.#native.commandSession(id, command, textOrNull(sessionId), json),
    );
    if (error) throw new DtmfError(error);
    return value;
  }

  /** @param {import('./types.js').SessionTold} record */
  told({ id, sessionId, kind: type, contactId, status, timestamp, event: data, clear }) {
    const followed = this.#followed.get(id);
    if (!followed) return;
    const event = /** @type {const} */ ('session.event');
    const told = { event, callId: sessionId, sessionId, type, contactId, status, timestamp, data };
    deepFreeze(told);
    followed.context.runInAsyncScope(() => {
      if (followed.recognition && clear !== null) this.#recognise(followed.recognition, clear);
      followed.following.add(told);
      if (this.#monitors.any) this.#monitors.emit(told);
    });
  }

  /** @param {import('./types.js').SessionEnded} record */
  ended({ id, sessionId }) {
    this.#tell(id, () => this.#log.info('Session ended', { sessionId }));
    this.#followed.get(id)?.following.end();
    this.#followed.delete(id);
  }

  /** @param {import('./types.js').SessionNotHeard} record */
  notHeard({ id, sessionId, error }) {
    const { code, message: errorMessage } = error;
    const message = 'The events of the session cannot be heard; trying again';
    this.#tell(id, () => this.#log.warn(message, { sessionId, code, errorMessage }));
  }

  /** The injector is closed: nothing more is heard. */
  close() {
    const all = [...this.#followed.values()];
    this.#followed.clear();
    for (let n = 0; n < all.length; n += 1) all[n]?.following.end();
  }

  /**
   * What the program reads out of an event goes into the metrics. What it does wrong changes nothing else.
   * @param {Recognition} recognition
   * @param {object} event
   */
  #recognise(recognition, event) {
    guarded(
      () => {
        const report = recognition(event);
        if (report === undefined || report === null) return;
        const digits = own(report, 'digitsRecognised');
        const wrong = this.#native.reportRecognition(
          textOrNull(own(report, 'injectionId')),
          typeof digits === 'number' ? digits : NaN,
        );
        throwIfWrong(wrong);
      },
      () => this.#log.warn('What recognition read out of an event could not be reported', {}),
    );
  }

  /**
   * @param {number} id
   * @param {() => unknown} tell
   */
  #tell(id, tell) {
    const followed = this.#followed.get(id);
    if (followed) followed.context.runInAsyncScope(tell);
    else outside(tell);
  }
}

/**
 * @param {unknown} options
 * @returns {Recognition | undefined}
 */
function recognitionOf(options) {
  if (options === undefined) return undefined;
  if (typeof options !== 'object' || options === null) throw invalid('options must be an object');
  const unknown = ObjectKeys(options).find((key) => key !== 'recognition');
  if (unknown !== undefined)
    throw invalid(`options.${unknown} is not an option of followSession: it takes recognition`);
  const recognition = own(options, 'recognition');
  if (recognition !== undefined && typeof recognition !== 'function') {
    throw invalid('options.recognition must be a function');
  }
  return /** @type {Recognition | undefined} */ (recognition);
}

module.exports = { Sessions };
