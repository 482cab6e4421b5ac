'use strict';

/**
 * How a class prints: its name and what the program itself put on an object. Getters of the prototype, which
 * `util.inspect` lists with `showHidden`, are left out, whatever they would show.
 */

const { hide } = require('./own.js');
const { ObjectDefineProperty, ObjectEntries, ObjectGetOwnPropertyDescriptors } = require('./primordials.js');

/** @param {{ prototype: object, name: string }} Class */
function printsPlainly(Class) {
  hide(
    Class.prototype,
    Symbol.for('nodejs.util.inspect.custom'),
    /**
     * @this {object}
     * @param {number} depth
     * @param {import('node:util').InspectOptions} options
     * @param {typeof import('node:util').inspect} inspect
     */
    function (depth, options, inspect) {
      const name = typeof this.constructor === 'function' ? this.constructor.name : Class.name;
      if (depth < 0) return `[${name}]`;
      return `${name} ${inspect(visible(this), { ...options, depth, showHidden: false })}`;
    },
  );
}

/** @param {object} object */
function visible(object) {
  const shown = {};
  for (const [name, field] of ObjectEntries(ObjectGetOwnPropertyDescriptors(object))) {
    if (field.enumerable) ObjectDefineProperty(shown, name, field);
  }
  return shown;
}

module.exports = { printsPlainly };
