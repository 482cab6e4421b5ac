'use strict';

// Certificates for tests, made when they run: Node.js reads X.509 but cannot make it, and neither a key in
// the repository nor an `openssl` on the machine should be needed. DER as in ITU-T X.690, fields as in RFC 5280 §4.1.

const { createHash, generateKeyPairSync, randomBytes, sign } = require('node:crypto');

const SEQUENCE = 0x30;
const SET = 0x31;
const BOOLEAN = 0x01;
const INTEGER = 0x02;
const BIT_STRING = 0x03;
const OCTET_STRING = 0x04;
const UTF8_STRING = 0x0c;
const UTC_TIME = 0x17;
const VERSION = 0xa0;
const EXTENSIONS = 0xa3;
/** `dNSName` within a subject alternative name. */
const DNS_NAME = 0x82;

const OID = {
  commonName: '0603550403',
  ecdsaWithSha256: '06082a8648ce3d040302',
  basicConstraints: '0603551d13',
  subjectAltName: '0603551d11',
  subjectKeyIdentifier: '0603551d0e',
};

const TRUE = [BOOLEAN, 0x01, 0xff];

/** @param {number} tag @param {...(Buffer|number[])} parts */
function der(tag, ...parts) {
  const content = Buffer.concat(parts.map((part) => Buffer.from(part)));
  const size = content.length;
  const length = size < 0x80 ? [size] : size < 0x100 ? [0x81, size] : [0x82, size >> 8, size & 0xff];
  return Buffer.concat([Buffer.from([tag, ...length]), content]);
}

/** @param {string} hex */
const raw = (hex) => Buffer.from(hex, 'hex');

/** @param {Date} date */
function utcTime(date) {
  const digits = date.toISOString().replace(/[-:T]|\.\d+/g, '');
  return der(UTC_TIME, Buffer.from(digits.slice(2)));
}

/** @param {string} commonName */
function name(commonName) {
  return der(
    SEQUENCE,
    der(SET, der(SEQUENCE, raw(OID.commonName), der(UTF8_STRING, Buffer.from(commonName)))),
  );
}

/** @param {string} oid @param {Buffer} value @param {boolean} [critical] */
function extension(oid, value, critical = false) {
  return der(SEQUENCE, raw(oid), critical ? TRUE : [], der(OCTET_STRING, value));
}

/** @param {Buffer} bytes */
function pem(bytes) {
  const lines = bytes.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}

/**
 * @param {string} subject
 * @param {import('node:crypto').KeyObject} publicKey
 * @param {string} issuer
 * @param {import('node:crypto').KeyObject} issuerKey
 * @param {Buffer[]} extensions
 */
function certificate(subject, publicKey, issuer, issuerKey, extensions) {
  const day = 24 * 60 * 60 * 1000;
  const algorithm = der(SEQUENCE, raw(OID.ecdsaWithSha256));
  // The first bit is 0 and the second 1: positive, and as short as DER wants it.
  const serial = randomBytes(16);
  serial[0] = (serial[0] & 0x3f) | 0x40;
  const content = der(
    SEQUENCE,
    der(VERSION, [INTEGER, 0x01, 0x02]),
    der(INTEGER, serial),
    algorithm,
    name(issuer),
    der(SEQUENCE, utcTime(new Date(Date.now() - day)), utcTime(new Date(Date.now() + day))),
    name(subject),
    publicKey.export({ type: 'spki', format: 'der' }),
    der(EXTENSIONS, der(SEQUENCE, ...extensions)),
  );
  return pem(der(SEQUENCE, content, algorithm, der(BIT_STRING, [0], sign('sha256', content, issuerKey))));
}

/** A certificate authority of its own, and what it signs. */
class Authority {
  #name = `Test authority ${randomBytes(4).toString('hex')}`;
  #keys = generateKeyPairSync('ec', { namedCurve: 'P-256' });

  constructor() {
    const { publicKey, privateKey } = this.#keys;
    const id = createHash('sha256')
      .update(publicKey.export({ type: 'spki', format: 'der' }))
      .digest();
    /** The certificate to trust, as PEM text. */
    this.pem = certificate(this.#name, publicKey, this.#name, privateKey, [
      extension(OID.basicConstraints, der(SEQUENCE, TRUE), true),
      extension(OID.subjectKeyIdentifier, der(OCTET_STRING, id.subarray(0, 20))),
    ]);
  }

  /**
   * Key and certificate of a server.
   * @param {...string} hosts
   */
  identity(...hosts) {
    const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const names = hosts.map((host) => der(DNS_NAME, Buffer.from(host)));
    const cert = certificate(hosts[0], publicKey, this.#name, this.#keys.privateKey, [
      extension(OID.basicConstraints, der(SEQUENCE), true),
      extension(OID.subjectAltName, der(SEQUENCE, ...names)),
    ]);
    return { key: privateKey.export({ type: 'pkcs8', format: 'pem' }), cert };
  }
}

module.exports = { Authority };
