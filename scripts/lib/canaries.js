'use strict';

// Words that must not be seen anywhere, and how they may be written.

/** The digits, tokens, secrets and keys of the suites. */
const CANARIES = ['4929187350', 'token-canary', 'secret-canary', 'refresh-canary', 'audit-key-canary'];

/**
 * The characters that come of the word alone when so many bytes stand before it: base64 takes three at a time, and
 * the end may differ with what follows.
 * @param {Buffer} bytes
 * @param {number} before
 */
function base64(bytes, before) {
  const text = Buffer.concat([Buffer.alloc(before), bytes])
    .toString('base64')
    .replace(/=*$/, '');
  return text.slice(Math.ceil((before * 8) / 6), -1);
}

/** @param {string} word */
function forms(word) {
  const bytes = Buffer.from(word);
  return [
    word,
    bytes.toString('hex'),
    ...[0, 1, 2].map((before) => base64(bytes, before)),
    [...bytes].map((byte) => `%${byte.toString(16)}`).join(''),
    [...bytes].map((byte) => `\\u00${byte.toString(16)}`).join(''),
    [...word].join(','),
    [...word].join(' '),
    [...bytes].join(', '),
  ];
}

/**
 * The canaries that a text shows, in whichever form.
 * @param {string} text
 * @param {readonly string[]} [words]
 */
function found(text, words = CANARIES) {
  return words.filter((word) => forms(word).some((form) => text.includes(form)));
}

module.exports = { CANARIES, found };
