'use strict';

/**
 * Abort signals: one listener per signal, however many calls share it, and none when they have settled.
 */

const { invalid } = require('./errors.js');
const { SafeSet, SafeWeakMap } = require('./primordials.js');

/** @type {WeakMap<AbortSignal, { calls: Set<() => void>, listener: () => void }>} */
const watched = new SafeWeakMap();

/**
 * Calls back when the signal fires, at once if it has fired already.
 * @param {AbortSignal | undefined} signal
 * @param {() => void} onAbort
 * @returns {() => void} ends the watch
 */
function watch(signal, onAbort) {
  if (!signal) return () => {};
  if (signal.aborted) {
    onAbort();
    return () => {};
  }
  const watch = watched.get(signal) ?? begin(signal);
  watch.calls.add(onAbort);
  return () => {
    watch.calls.delete(onAbort);
    if (watch.calls.size === 0 && watched.get(signal) === watch) {
      watched.delete(signal);
      try {
        signal.removeEventListener('abort', watch.listener);
      } catch {
        // Not everything that looks like a signal is one. The listener that stays has nothing left to call.
      }
    }
  };
}

/** Without what stands on the prototype of all objects. */
const ONCE = Object.assign(Object.create(null), { once: true });

/** @param {AbortSignal} signal */
function begin(signal) {
  /** @type {Set<() => void>} */
  const calls = new SafeSet();
  const listener = () => {
    watched.delete(signal);
    for (const call of calls) call();
  };
  const watch = { calls, listener };
  try {
    signal.addEventListener('abort', listener, ONCE);
  } catch {
    throw invalid('signal must be an AbortSignal: its addEventListener threw');
  }
  // Only now: a signal that cannot be listened to must not count as watched the next time.
  watched.set(signal, watch);
  return watch;
}

module.exports = { watch };
