'use strict';

// Monitors: what an injection costs when its event has more listeners.

const { compare } = require('./client.js');

/** @param {import('./client.js').Platform} platform @param {{ rounds: number, seconds: number }} effort */
function rows(platform, effort) {
  const variants = [1, 10, 100].map((count) => ({
    what: count === 1 ? '1 monitor' : `${count} monitors`,
    prepare(/** @type {import('cxone-dtmf').DtmfInjector} */ injector) {
      for (let n = 0; n < count; n += 1) injector.registerCTIMonitor(() => {});
    },
  }));
  return compare(platform, variants, effort);
}

module.exports = { rows };
