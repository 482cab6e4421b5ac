'use strict';

/**
 * Which proxy the addon would go through, so that the probes of `doctor` take the same way. Same rules as
 * `crates/engine/src/http/proxy_variables.rs`. A proxy's address may hold a password, so it is not shown.
 */

const { BlockList, isIP } = require('node:net');

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

/**
 * @param {URL} url
 * @param {string | undefined} choice `env`, the address of a proxy, or nothing
 * @param {NodeJS.ProcessEnv} env
 * @returns {URL | undefined}
 */
function proxyFor(url, choice, env) {
  if (choice === undefined || isLoopback(url.hostname)) return undefined;
  if (choice !== 'env') return address(choice);
  const [name] =
    url.protocol === 'https:'
      ? ['HTTPS_PROXY', 'https_proxy', 'ALL_PROXY', 'all_proxy'].filter((name) => env[name]?.trim())
      : [];
  const except = env.NO_PROXY?.trim() || env.no_proxy?.trim() || '';
  if (name === undefined || isExcepted(url.hostname, except)) return undefined;
  return address(/** @type {string} */ (env[name]));
}

/**
 * `host:port` without a scheme means http.
 * @param {string} text
 */
function address(text) {
  try {
    return new URL(text.includes('://') ? text.trim() : `http://${text.trim()}`);
  } catch {
    // The addon refuses such a proxy by name, which another check tells.
    return undefined;
  }
}

/** @param {string} hostname */
function isLoopback(hostname) {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d{1,3}){3}$/.test(hostname);
}

/**
 * Whether NO_PROXY names the host: a domain with all below it, an address, a network, or `*`.
 * @param {string} hostname
 * @param {string} list
 */
function isExcepted(hostname, list) {
  const host = hostname.replace(/^\[|\]$/g, '').toLowerCase();
  return list
    .split(',')
    .map((entry) => entry.trim().toLowerCase())
    .filter((entry) => entry !== '')
    .some((entry) => {
      if (entry === '*') return true;
      if (isIP(host)) return host === entry || isWithin(host, entry);
      const domain = entry.replace(/^\./, '');
      return host === domain || host.endsWith(`.${domain}`);
    });
}

/**
 * @param {string} host an address
 * @param {string} network such as 10.0.0.0/8
 */
function isWithin(host, network) {
  const [base, bits] = network.split('/');
  const family = isIP(base) === 6 ? 'ipv6' : 'ipv4';
  if (bits === undefined || isIP(base) === 0 || isIP(host) !== isIP(base)) return false;
  try {
    const networks = new BlockList();
    networks.addSubnet(base, Number(bits), family);
    return networks.check(host, family);
  } catch {
    return false;
  }
}

module.exports = { variablesSet, proxyFor };
