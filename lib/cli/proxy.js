'use strict';

/** The variables that name a proxy. Their values may hold a password, so they are not shown. */

const VARIABLES = ['HTTPS_PROXY', 'https_proxy', 'HTTP_PROXY', 'http_proxy', 'ALL_PROXY', 'all_proxy'];

/**
 * @param {NodeJS.ProcessEnv} env
 * @returns {string[]} the names of the proxy variables that are set
 */
function variablesSet(env) {
  const set = VARIABLES.filter((name) => env[name]?.trim());
  // Windows has one variable for both spellings.
  return process.platform === 'win32' ? set.filter((name) => name === name.toUpperCase()) : set;
}

module.exports = { variablesSet };
