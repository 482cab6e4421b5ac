'use strict';

/**
 * One injection: what is read of its params and options, and who is told of it, in the context of its caller.
 */

const { watch } = require('./abort.js');
const { AsyncResource } = require('./context.js');
const diagnostics = require('./diagnostics.js');
const { invalid, isDtmfError } = require('./errors.js');
const lane = require('./lane.js');
const { lockNumber } = require('./channel-lock.js');
const { toOptionalJson, digitsOrNull, checkSignal } = require('./options.js');
const outcome = require('./outcome.js');
const { own, paramOf } = require('./own.js');
const { Promise } = require('./primordials.js');

/** The options of an injection that do not cross as they are. */
const KEPT = ['signal', 'lock', 'traceparent', 'correlationId'];

/** @typedef {import('../index.js').AuditEntry} AuditEntry */

/**
 * What all injections of one injector share.
 * @typedef {object} Shared
 * @property {import('./native.js').NativeInjector} native
 * @property {import('./logger.js').Log} log
 * @property {import('./monitors.js').Monitors} monitors
 * @property {import('./types.js').AnyProfile} api
 * @property {object} authClient kept, since its log lines come through it
 * @property {boolean} clear whether digits are shown
 * @property {boolean} fleet whether there is a fleet
 */

/**
 * @typedef {object} Outcome
 * @property {import('./types.js').Ended} record
 * @property {AuditEntry} entry
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
  /** @type {string | undefined} */
  #correlationId;
  /** What the profile read of the params. @type {import('./types.js').AnyAsked} */
  #asked;

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
    /** @type {string | Uint8Array | null} */
    let digits = null;
    try {
      if (typeof params !== 'object' || params === null) throw invalid('params must be an object');
      // Read once: what the program does to its object afterwards changes nothing.
      // Digits first, since bytes are wiped whatever is wrong with the rest.
      digits = digitsOrNull(paramOf(params, 'dtmfString'));
      this.#asked = api.read(params, digits);
      const trace = this.#traced(options);
      const lock = lockNumber(own(options, 'lock'));
      this.#signal = checkSignal(own(options, 'signal'));
      const json = toOptionalJson(options, KEPT, trace);
      // Before the engine begins: a signal that cannot be listened to must not let a digit through.
      this.#unwatch = watch(this.#signal, () => native.abort(id));
      const text = typeof digits === 'string' ? digits : null;
      const bytes = typeof digits === 'string' ? null : digits;
      native.inject(id, api.pack(this.#asked, text), bytes, lock, this.#signal?.aborted === true, json);
    } catch (error) {
      native.refuse(id, wrongInput(error));
      lane.drainSoon();
    } finally {
      digits = wiped(digits, this.#shared.clear);
      if (this.#asked) this.#asked.dtmfString = digits;
    }
  }

  /**
   * What the request carries for tracers and for the program itself.
   * @param {unknown} options
   */
  #traced(options) {
    const given = { traceparent: own(options, 'traceparent'), correlationId: own(options, 'correlationId') };
    this.#message = diagnostics.begin(given);
    const trace = this.#message ? diagnostics.observed(this.#message, given) : given;
    const { traceparent, correlationId } = trace;
    this.#correlationId = /** @type {string | undefined} */ (correlationId);
    return traceparent === undefined && correlationId === undefined ? undefined : trace;
  }

  /** @param {import('./types.js').Ended} record */
  settled(record) {
    const { api, clear, fleet, log, monitors } = this.#shared;
    const showing = { asked: this.#asked, api, clear, fleet, correlationId: this.#correlationId };
    const entry = /** @type {AuditEntry} */ (outcome.auditEntry(record, showing));
    try {
      if (log.enabled || monitors.any || this.#message) {
        this.runInAsyncScope(this.#tell, this, record, entry, showing);
      }
    } finally {
      // Whatever becomes of telling: the digits are pressed or not, and the caller has to know.
      this.#resolve({ record, entry, signal: this.#signal });
      this.#unwatch();
    }
  }

  /**
   * Tells the log, the monitors and the tracers, each of which gets an entry of its own.
   * @param {import('./types.js').Ended} record
   * @param {AuditEntry} entry
   * @param {import('./outcome.js').Showing} showing
   */
  #tell(record, entry, showing) {
    const { log, monitors } = this.#shared;
    if (log.enabled) {
      if (entry.status === 'success') log.info('DTMF injection completed', outcome.copyOf(entry));
      else log.error('DTMF injection failed', outcome.copyOf(entry));
    }
    if (monitors.any) {
      const event = outcome.finalEvent(outcome.copyOf(entry), showing);
      monitors.emit(/** @type {import('../index.js').CtiEvent} */ (event));
    }
    if (this.#message) {
      const told = outcome.copyOf(entry);
      const failure = record.error && outcome.error(record.error, record.attempts, told, this.#signal);
      diagnostics.finish(this.#message, told, failure);
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
 * What to say of input that could not be handed to the engine. What a getter of the program threw may
 * hold anything, so it is not repeated.
 * @param {unknown} error
 */
function wrongInput(error) {
  return isDtmfError(error) ? error.message : 'params or options cannot be read: a property threw';
}

/**
 * Wipes digits that came as bytes, and gives what may be kept of them.
 * @param {string | Uint8Array | null} digits
 * @param {boolean} clear
 * @returns {string | null}
 */
function wiped(digits, clear) {
  if (digits === null || typeof digits === 'string') return digits;
  const shown = clear ? Buffer.from(digits).toString('latin1') : null;
  try {
    // Not the method of the object: a program may have put its own there.
    Uint8Array.prototype.fill.call(digits, 0);
  } catch {
    // The program gave their buffer away: nothing of them is here.
  }
  return shown;
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
