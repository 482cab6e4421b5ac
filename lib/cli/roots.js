'use strict';

/**
 * How many certificates there are besides Mozilla's, to be told by `doctor`. Whether the addon can use those of
 * NODE_EXTRA_CA_CERTS, it says itself where it is given settings.
 */

const fs = require('node:fs');
const tls = require('node:tls');

/** Where Linux and BSD systems keep theirs in one file; the addon looks into these as well. */
const SYSTEM_FILES = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem',
  '/etc/ssl/ca-bundle.pem',
  '/etc/ssl/cert.pem',
];

const CERTIFICATE = /-----BEGIN (X509 )?CERTIFICATE-----[\s\S]+?-----END (X509 )?CERTIFICATE-----/g;

/** @param {NodeJS.ProcessEnv} env */
function systemRoots(env) {
  // Node.js 22.15 and newer; it also knows the stores of Windows and macOS.
  const { getCACertificates: ask } = /** @type {{ getCACertificates?: (type: string) => string[] }} */ (tls);
  if (!env.SSL_CERT_FILE && typeof ask === 'function') return ask('system');
  const files = env.SSL_CERT_FILE ? [env.SSL_CERT_FILE] : SYSTEM_FILES;
  const file = files.find((name) => fs.existsSync(name));
  return file ? readBundle(file).certificates : [];
}

/**
 * The certificates of a file, or why there are none.
 * @param {string} file
 * @returns {{ certificates: string[], problem?: string }}
 */
function readBundle(file) {
  let text;
  try {
    text = fs.readFileSync(file, 'utf8');
  } catch (error) {
    const { code } = /** @type {NodeJS.ErrnoException} */ (error);
    return { certificates: [], problem: `cannot be read (${code})` };
  }
  const certificates = text.match(CERTIFICATE) ?? [];
  return certificates.length > 0
    ? { certificates }
    : { certificates, problem: 'holds no certificate in PEM form' };
}

module.exports = { systemRoots, readBundle };
