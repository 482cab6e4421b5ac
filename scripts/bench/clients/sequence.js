'use strict';

// What every client presses, and the calls it presses into: over so many that each is free again when its turn comes,
// and every lock is made, taken and given up, as in a program that has its calls.

const CALLS = 10_000;

/** One injection, without its call. */
const SEQUENCE = Object.freeze({
  telephonyProviderId: 'provider-1',
  lineId: 'line-1',
  dtmfString: '1234#',
  dtmfType: /** @type {const} */ ('RFC2833'),
  interDigitPause: 100,
});

const calls = Array.from({ length: CALLS }, (_, n) => `call-${String(n).padStart(5, '0')}`);
let turn = 0;

/** The call whose turn it is. */
function nextCall() {
  turn = (turn + 1) % CALLS;
  return calls[turn];
}

module.exports = { SEQUENCE, nextCall };
