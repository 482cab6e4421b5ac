'use strict';

// Reads the tarballs that npm packs. Needs nothing installed, so that it runs wherever a tarball is tried.

const fs = require('node:fs');
const zlib = require('node:zlib');

const BLOCK = 512;

/**
 * The files of a tarball by their names in the package. npm writes plain ustar headers for the names here.
 *
 * @param {string} path
 * @returns {Map<string, Buffer>}
 */
function read(path) {
  const tar = zlib.gunzipSync(fs.readFileSync(path));
  const files = new Map();
  for (let at = 0; tar[at];) {
    const text = (/** @type {number} */ from, /** @type {number} */ length) =>
      tar.toString('utf8', at + from, at + from + length).replace(/\0.*$/s, '');
    const size = Number.parseInt(text(124, 12), 8);
    const type = text(156, 1);
    if (type === '0' || type === '') {
      const prefix = text(345, 155);
      const name = `${prefix ? `${prefix}/` : ''}${text(0, 100)}`.replace(/^package\//, '');
      files.set(name, tar.subarray(at + BLOCK, at + BLOCK + size));
    }
    at += BLOCK + Math.ceil(size / BLOCK) * BLOCK;
  }
  return files;
}

/**
 * @param {string} path
 * @returns {import('./manifests.js').Manifest}
 */
function manifest(path) {
  return JSON.parse(String(read(path).get('package.json')));
}

module.exports = { manifest, read };
