'use strict';

/**
 * What is behind each `DtmfInjector`. A `Proxy` and an heir by prototype stand for the injector behind them.
 */

const { invalid } = require('./errors.js');
const { SafeWeakMap } = require('./primordials.js');
const { known, selfOf } = require('./self.js');

/** @typedef {import('./injector-core.js').InjectorCore} InjectorCore */

/** @type {WeakMap<object, InjectorCore>} */
const cores = new SafeWeakMap();

/**
 * @param {object} injector
 * @param {InjectorCore} core
 */
function keepCore(injector, core) {
  cores.set(injector, core);
  known(injector);
}

/** Whether it is an injector itself, and not what stands for one. @param {object} value */
function isItself(value) {
  return cores.has(value);
}

/**
 * @param {unknown} value an injector, or what stands for one
 * @returns {InjectorCore | undefined}
 */
function findCore(value) {
  if (typeof value !== 'object' || value === null) return undefined;
  return cores.get(value) ?? cores.get(/** @type {object} */ (selfOf(value)));
}

/** @param {unknown} value the `this` of a method */
function coreOf(value) {
  const core = findCore(value);
  if (!core) throw invalid('methods of a DtmfInjector must be called as such: injector.method()');
  return core;
}

module.exports = { keepCore, isItself, findCore, coreOf };
