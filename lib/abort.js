'use strict';

/**
 * Abort signals: one listener per signal, however many calls share it, and none when they have settled.
 */

/** @type {WeakMap<AbortSignal, { calls: Set<() => void>, listener: () => void }>} */
const watched = new WeakMap();

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
      signal.removeEventListener('abort', watch.listener);
    }
  };
}

/** @param {AbortSignal} signal */
function begin(signal) {
  /** @type {Set<() => void>} */
  const calls = new Set();
  const listener = () => {
    watched.delete(signal);
    for (const call of calls) call();
  };
  const watch = { calls, listener };
  watched.set(signal, watch);
  signal.addEventListener('abort', listener, { once: true });
  return watch;
}

module.exports = { watch };
