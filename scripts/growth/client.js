'use strict';

// What the programs of the growth share: an injector at the platform, and clients that are compared in turn.

const { CXoneAuthClient, DtmfInjector } = require('cxone-dtmf');

const { SEQUENCE } = require('../bench/clients/sequence.js');
const { measure } = require('../bench/measure.js');
const { median } = require('../bench/results.js');

const IN_FLIGHT = 32;

/** @typedef {{ what: string, [figure: string]: number | string | null }} Row */
/** @typedef {import('../bench/platform.js').Platform} Platform */

/**
 * @typedef {object} Variant one of what is compared
 * @property {string} what
 * @property {(injector: DtmfInjector) => void} [prepare]
 * @property {Partial<import('cxone-dtmf').InjectionParams>} [params] other than those of all
 * @property {Partial<import('cxone-dtmf').InjectorConfig>} [config]
 */

/** @param {Platform} platform @param {object} [config] */
function newInjector({ credentials: { apiUrl, ...credentials } }, config = {}) {
  const auth = new CXoneAuthClient({ ...credentials, logger: false });
  return new DtmfInjector(auth, { apiUrl, logger: false, ...config });
}

/**
 * What an injection costs in each variant: the variants in turn, round by round, and the medians.
 *
 * @param {Platform} platform
 * @param {Variant[]} variants
 * @param {{ rounds: number, seconds: number }} effort
 * @returns {Promise<Row[]>}
 */
async function compare(platform, variants, { rounds, seconds }) {
  /** @type {import('../bench/measure.js').Figures[][]} */
  const found = variants.map(() => []);
  for (let round = 0; round < rounds; round += 1) {
    for (const [n, { prepare, params, config }] of variants.entries()) {
      const injector = newInjector(platform, config);
      prepare?.(injector);
      const press = (/** @type {string} */ callId) => injector.injectDTMF({ ...SEQUENCE, callId, ...params });
      found[n].push(await measure(press, { inFlight: IN_FLIGHT, warmUpSeconds: seconds / 2, seconds }));
      await injector.close();
    }
  }
  return variants.map(({ what }, n) => ({
    what,
    perSecond: median(found[n].map((figures) => figures.perSecond)),
    cpuMicros: median(found[n].map((figures) => figures.cpuMicros ?? NaN)),
    mainMicros: median(found[n].map((figures) => figures.mainMicros ?? NaN)),
  }));
}

module.exports = { compare, newInjector };
