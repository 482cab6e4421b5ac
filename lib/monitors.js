'use strict';

/**
 * The CTI monitors of one injector. What a monitor does wrong is counted, its first failure is logged,
 * and nothing else changes.
 */

const { invalid } = require('./errors.js');

/** @param {any} value */
function deepFreeze(value) {
  // Once per injection: a third of the time that Object.values() takes.
  for (const name in value) {
    // What others put on the prototype of all objects is not read.
    const field = Object.hasOwn(value, name) ? value[name] : undefined;
    if (typeof field === 'object' && field !== null) deepFreeze(field);
  }
  return Object.freeze(value);
}

class Monitors {
  /** @type {Set<{ callback: Function, failed: boolean }>} */
  #all = new Set();
  #log;
  errors = 0;

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
    const monitor = { callback, failed: false };
    this.#all.add(monitor);
    return () => {
      this.#all.delete(monitor);
    };
  }

  get any() {
    return this.#all.size > 0;
  }

  /**
   * The event is frozen: what one monitor does to it must not reach another.
   * @param {object} event
   */
  emit(event) {
    deepFreeze(event);
    for (const monitor of [...this.#all]) {
      try {
        const returned = monitor.callback(event);
        if (typeof returned?.then === 'function') {
          returned.then(undefined, () => this.#failed(monitor));
        }
      } catch {
        this.#failed(monitor);
      }
    }
  }

  /** @param {{ failed: boolean }} monitor */
  #failed(monitor) {
    this.errors += 1;
    if (monitor.failed) return;
    monitor.failed = true;
    // What it threw may hold anything, so it is not repeated here.
    this.#log.error('CTI monitor failed; its further failures are only counted', {
      monitorErrors: this.errors,
    });
  }
}

module.exports = { Monitors };
