'use strict';

// Digits: what an injection costs when its sequence is longer.

const { compare } = require('./client.js');

/** @param {import('./client.js').Platform} platform @param {{ rounds: number, seconds: number }} effort */
function rows(platform, effort) {
  const variants = ['1234', '1234567890123456'].map((dtmfString) => ({
    what: `${dtmfString.length} digits`,
    params: { dtmfString },
  }));
  return compare(platform, variants, effort);
}

module.exports = { rows };
