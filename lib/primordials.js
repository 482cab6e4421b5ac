'use strict';

/**
 * What the language gives, as it was when the package was loaded. A program may replace `JSON.parse`, `Promise` or the
 * methods of `Map` afterwards, for its tests or by mistake: the outcome of an injection must not depend on it.
 */

const { parse: JSONParse, stringify: JSONStringify } = JSON;
const {
  create,
  defineProperty,
  entries,
  freeze,
  fromEntries,
  getOwnPropertyDescriptor,
  getOwnPropertyDescriptors,
  getOwnPropertySymbols,
  getPrototypeOf,
  hasOwn,
  keys,
  setPrototypeOf,
} = Object;
const { ownKeys } = Reflect;

/**
 * A class whose methods are its own, so that nothing done to the prototype of `Class` reaches its instances. `any` is how
 * TypeScript writes a class of any kind.
 * @template {new (...args: any[]) => any} T
 * @param {T} Class
 * @returns {T}
 */
function safe(Class) {
  const Safe = class extends Class {};
  for (const key of ownKeys(Class.prototype)) {
    if (key === 'constructor') continue;
    const descriptor = getOwnPropertyDescriptor(Class.prototype, key);
    defineProperty(
      Safe.prototype,
      key,
      /** @type {PropertyDescriptor} */ ({ __proto__: null, ...descriptor }),
    );
  }
  setPrototypeOf(Safe.prototype, null);
  freeze(Safe.prototype);
  return freeze(Safe);
}

module.exports = {
  JSONParse,
  JSONStringify,
  ArrayIsArray: Array.isArray,
  ObjectCreate: create,
  ObjectDefineProperty: defineProperty,
  ObjectEntries: entries,
  ObjectFreeze: freeze,
  ObjectFromEntries: fromEntries,
  ObjectGetOwnPropertyDescriptors: getOwnPropertyDescriptors,
  ObjectGetOwnPropertySymbols: getOwnPropertySymbols,
  ObjectGetPrototypeOf: getPrototypeOf,
  ObjectHasOwn: hasOwn,
  ObjectKeys: keys,
  ObjectPrototype: Object.prototype,
  ObjectSetPrototypeOf: setPrototypeOf,
  Promise,
  queueMicrotask,
  SafeFinalizationRegistry: safe(FinalizationRegistry),
  SafeMap: safe(Map),
  SafeSet: safe(Set),
  SafeWeakMap: safe(WeakMap),
  SafeWeakRef: safe(WeakRef),
  SafeWeakSet: safe(WeakSet),
};
