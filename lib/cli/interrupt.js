'use strict';

const { constants } = require('node:os');

/** The reason of the abort that a signal of the operating system causes. */
class Interrupted extends Error {
  /** @param {'SIGINT' | 'SIGTERM'} signal */
  constructor(signal) {
    super(`interrupted by ${signal}`);
    this.signal = signal;
    // As shells number the end of a process by a signal: 130 for SIGINT, 143 for SIGTERM.
    this.exitCode = 128 + constants.signals[signal];
  }
}

/**
 * Turns the first SIGINT or SIGTERM into an abort, so that a command can say what became of the digits. The
 * second one ends the process at once.
 * @param {NodeJS.Process} process
 * @returns {{ signal: AbortSignal, stop: () => void }}
 */
function watchSignals(process) {
  const controller = new AbortController();
  const onSignal = (/** @type {NodeJS.Signals} */ name) => {
    const reason = new Interrupted(name === 'SIGTERM' ? 'SIGTERM' : 'SIGINT');
    if (controller.signal.aborted) process.exit(reason.exitCode);
    controller.abort(reason);
  };
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal);
  const stop = () => void process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
  return { signal: controller.signal, stop };
}

module.exports = { Interrupted, watchSignals };
