'use strict';

/**
 * One injection: handed to the engine, and told to all who listen, in the context of its caller.
 */

const { watch } = require('./abort.js');
const { Asked } = require('./asked.js');
const { AsyncResource } = require('./context.js');
const diagnostics = require('./diagnostics.js');
const lane = require('./lane.js');
const outcome = require('./outcome.js');
const { Promise } = require('./primordials.js');

/** @typedef {import('../index.js').AuditEntry} AuditEntry */

/**
 * What all injections of one injector share.
 * @typedef {object} Shared
 * @property {import('./native.js').NativeInjector} native
 * @property {import('./logger.js').Log} log
 * @property {import('./monitors.js').Monitors} monitors
 * @property {import('./asked.js').Api} api the params of its wire profile
 * @property {object} authClient kept, since its log lines come through it
 */

/**
 * @typedef {object} Outcome
 * @property {import('./types.js').Finished} record
 * @property {AbortSignal | undefined} signal
 */

/** What the lane tells of an injection, and keeps until it has ended. */
class Injection extends AsyncResource {
  #shared;
  #resolve;
  #unwatch = () => {};
  /** @type {diagnostics.Injection | undefined} */
  #message;
  /** @type {AbortSignal | undefined} */
  #signal;

  /**
   * @param {object} owner what must live until it has ended
   * @param {Shared} shared
   * @param {(outcome: Outcome) => void} resolve
   */
  constructor(owner, shared, resolve) {
    super('DtmfInjection');
    this.owner = owner;
    this.#shared = shared;
    this.#resolve = resolve;
  }

  /**
   * Begins in the engine before it returns, so that the order of the calls is the order of the digits.
   * @param {unknown} params
   * @param {unknown} options
   */
  begin(params, options) {
    const { native, api } = this.#shared;
    const id = lane.open(this);
    const asked = new Asked(params, options, api);
    this.#message = asked.message;
    this.#signal = asked.signal;
    try {
      if (asked.problem === undefined) {
        // Before the engine begins: a signal that cannot be listened to must not let a digit through.
        this.#unwatch = watch(asked.signal, () => native.abort(id));
        native.inject(
          id,
          asked.words,
          asked.bytes,
          asked.lock,
          asked.signal?.aborted === true,
          asked.options,
        );
      }
    } catch (error) {
      asked.wrong(error);
    }
    asked.wipe();
    if (asked.problem === undefined) return;
    native.refuse(id, asked.words, asked.problem);
    lane.drainSoon();
  }

  /** @param {import('./types.js').Finished} record */
  settled(record) {
    const { log, monitors } = this.#shared;
    try {
      if (log.enabled || monitors.any || this.#message) this.runInAsyncScope(this.#tell, this, record);
    } finally {
      // Whatever becomes of telling: the digits are pressed or not, and the caller has to know.
      this.#resolve({ record, signal: this.#signal });
      this.#unwatch();
    }
  }

  /**
   * Tells the log, the monitors and the tracers, each of which gets an entry of its own.
   * @param {import('./types.js').Finished} record
   */
  #tell(record) {
    const { log, monitors } = this.#shared;
    if (log.enabled) {
      const entry = outcome.entryOf(record);
      if (entry.status === 'success') log.info('DTMF injection completed', entry);
      else log.error('DTMF injection failed', entry);
    }
    if (monitors.any) monitors.emit(outcome.finalEvent(record));
    if (this.#message) {
      const entry = outcome.entryOf(record);
      const failure = record.error && outcome.error(record.error, entry, this.#signal);
      diagnostics.finish(this.#message, entry, failure);
    }
  }

  /** @param {import('./types.js').Retrying} record */
  retrying({ callId, injectionId, attempt, maxAttempts, delayMs, reason }) {
    const { log, monitors } = this.#shared;
    const why = reason === 'ERR_DTMF_RATE_LIMITED' ? 'Rate limit hit.' : `Attempt failed (${reason}).`;
    const message = `${why} Retrying in ${delayMs / 1000}s (attempt ${attempt}/${maxAttempts})`;
    this.runInAsyncScope(() => {
      log.warn(message, { callId, injectionId });
      monitors.emit({ event: 'dtmf.retrying', callId, injectionId, attempt, delayMs, reason });
    });
  }

  /** @param {import('./types.js').Unmasked} record */
  unmasked({ callId, injectionId, error }) {
    if (!error) return;
    const fields = { callId, injectionId, code: error.code, errorMessage: error.message };
    const { log } = this.#shared;
    this.runInAsyncScope(log.error, undefined, 'Recording could not be unmasked', fields);
  }

  /** @param {import('./types.js').Logged} record a line of the engine */
  logged({ message, fields }) {
    const { debug } = this.#shared.log;
    if (debug) this.runInAsyncScope(debug, undefined, message, fields);
  }
}

/**
 * @param {object} owner
 * @param {Shared} shared
 * @param {unknown} params
 * @param {unknown} options
 * @returns {Promise<Outcome>}
 */
function inject(owner, shared, params, options) {
  return new Promise((resolve) => new Injection(owner, shared, resolve).begin(params, options));
}

module.exports = { inject };
