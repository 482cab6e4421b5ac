'use strict';

// What can be told of a compiled addon without loading it.

const fs = require('node:fs');

/** The type of the ELF section that strip removes (System V ABI, "Sections"). */
const SHT_SYMTAB = 2;

/**
 * @typedef {object} AddonFile
 * @property {number} bytes
 * @property {boolean | null} stripped null where the format is not ELF, which is not looked into
 * @property {string | null} glibc the oldest glibc that loads it; null where it needs none
 */

/**
 * Whether a 64-bit little-endian ELF file has lost its symbol table; null for other files.
 *
 * @param {Buffer} file
 */
function stripped(file) {
  if (file.toString('latin1', 0, 6) !== '\x7fELF\x02\x01') return null;
  const start = Number(file.readBigUInt64LE(0x28));
  const size = file.readUInt16LE(0x3a);
  const count = file.readUInt16LE(0x3c);
  for (let index = 0; index < count; index += 1) {
    if (file.readUInt32LE(start + index * size + 4) === SHT_SYMTAB) return false;
  }
  return true;
}

/**
 * The highest version among the symbol versions that the file asks of glibc.
 *
 * @param {Buffer} file
 */
function glibc(file) {
  const versions = [...file.toString('latin1').matchAll(/GLIBC_(\d+)\.(\d+)(?=[.\0])/g)];
  const pairs = versions.map(([, major, minor]) => [Number(major), Number(minor)]);
  const highest = pairs.sort((a, b) => a[0] - b[0] || a[1] - b[1]).at(-1);
  return highest ? highest.join('.') : null;
}

/**
 * @param {string} path
 * @returns {AddonFile}
 */
function inspect(path) {
  const file = fs.readFileSync(path);
  return { bytes: file.length, stripped: stripped(file), glibc: glibc(file) };
}

module.exports = { inspect };
