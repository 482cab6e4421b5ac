'use strict';

// Words that must not be seen anywhere, and how they may be written.

/** The digits, tokens, secrets and keys of the suites. */
const CANARIES = ['4929187350', 'token-canary', 'secret-canary', 'refresh-canary', 'audit-key-canary'];

/** @param {string} word */
function forms(word) {
  const bytes = Buffer.from(word);
  return [
    word,
    bytes.toString('hex'),
    // The end may differ with what follows.
    bytes.toString('base64').replace(/=*$/, '').slice(0, -1),
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
