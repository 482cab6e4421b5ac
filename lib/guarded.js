'use strict';

/**
 * Calls what the program gave: what it throws, or what its promise rejects with, changes nothing but for `failed`.
 * It may hold anything, so it is handed to nothing.
 * @param {() => unknown} call
 * @param {() => void} failed
 */
function guarded(call, failed) {
  try {
    const returned = /** @type {Partial<PromiseLike<unknown>> | null | undefined} */ (call());
    if (typeof returned?.then === 'function') returned.then(undefined, failed);
  } catch {
    failed();
  }
}

module.exports = { guarded };
