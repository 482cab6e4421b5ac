'use strict';

const { invalid } = require('./errors.js');
const { injectorOf } = require('./injector.js');
const { standardOutput } = require('./logger.js');
const { DEFAULT_MAX_RETRIES } = require('./payload.js');
const { injectInLoop } = require('./retry-loop.js');

/**
 * @param {import('../index.js').DtmfInjector<import('../index.js').WireProfile>} injector
 * @param {import('../index.js').AnyInjectionParams} params
 * @param {number} [maxRetries]
 * @param {import('../index.js').InjectionOptions} [options]
 */
async function injectWithRetry(injector, params, maxRetries = DEFAULT_MAX_RETRIES, options) {
  if (typeof injector?.injectDTMF !== 'function') {
    throw invalid('injector must be a DtmfInjector or have a method injectDTMF()');
  }
  const ours = injectorOf(injector);
  if (!ours?.isUntouched) {
    return await injectInLoop(injector, params, maxRetries, options, ours?.log ?? standardOutput);
  }
  let merged = options;
  try {
    merged = { ...options, maxAttempts: maxRetries };
  } catch {
    // A getter threw. The injector says so, and ends the injection as every other.
  }
  return await injector.injectDTMF(params, merged);
}

module.exports = { injectWithRetry };
