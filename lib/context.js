'use strict';

/**
 * The async context (`AsyncLocalStorage`) in which code of the program is called: that of the injection, lock or session
 * it belongs to, each of which is an `AsyncResource` for it, or none at all.
 */

const { AsyncResource } = require('node:async_hooks');
const { ownKeys, get, set, deleteProperty } = Reflect;

/**
 * Runs it in no context. A new resource takes over the context of the code that makes it, and keeps it in properties
 * beside its ids: all but the ids go.
 * @template T
 * @param {() => T} run
 * @returns {T}
 */
function outside(run) {
  const resource = new AsyncResource('DtmfOutside');
  const id = resource.asyncId();
  const trigger = resource.triggerAsyncId();
  const keys = ownKeys(resource);
  for (let n = 0; n < keys.length; n += 1) {
    const value = get(resource, keys[n]);
    deleteProperty(resource, keys[n]);
    if (resource.asyncId() !== id || resource.triggerAsyncId() !== trigger) set(resource, keys[n], value);
  }
  return resource.runInAsyncScope(run);
}

module.exports = { AsyncResource, outside };
