'use strict';

/**
 * The CTI monitors of one injector. What a monitor does wrong is counted, its first failure is logged,
 * and nothing else changes.
 */

const { invalid } = require('./errors.js');
const { guarded } = require('./guarded.js');
const { deepFreeze } = require('./own.js');
const { ObjectFreeze, SafeSet } = require('./primordials.js');

/** @typedef {import('../index.js').CtiEventOf<'agent-session'>} AnyEvent */
/** @typedef {{ callback: (event: AnyEvent) => unknown, failed: boolean }} Monitor */

class Monitors {
  /** @type {Set<Monitor>} */
  #all = new SafeSet();
  #log;
  #errors = 0;

  /** @param {import('./logger.js').Log} log */
  constructor(log) {
    this.#log = log;
  }

  /**
   * @param {unknown} callback
   * @returns {() => void}
   */
  register(callback) {
    if (typeof callback !== 'function') throw invalid('callback must be a function');
    const monitor = { callback: /** @type {Monitor['callback']} */ (callback), failed: false };
    this.#all.add(monitor);
    return () => {
      this.#all.delete(monitor);
    };
  }

  /** The callbacks, in the order in which they are called. */
  get callbacks() {
    return ObjectFreeze([...this.#all].map(({ callback }) => callback));
  }

  get any() {
    return this.#all.size > 0;
  }

  get errors() {
    return this.#errors;
  }

  /**
   * The event is frozen: what one monitor does to it must not reach another.
   * @param {AnyEvent} event
   */
  emit(event) {
    deepFreeze(event);
    for (const monitor of [...this.#all]) {
      guarded(
        () => monitor.callback(event),
        () => this.#failed(monitor),
      );
    }
  }

  /** @param {Monitor} monitor */
  #failed(monitor) {
    this.#errors += 1;
    if (monitor.failed) return;
    monitor.failed = true;
    this.#log.error('CTI monitor failed; its further failures are only counted', {
      monitorErrors: this.#errors,
    });
  }
}

module.exports = { Monitors };
