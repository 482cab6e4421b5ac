'use strict';

// The digits of the demo. None of them is ever printed; the test of the demo looks for them.

/** The tutorial's own example. */
const TUTORIAL = '1234#';

/** A language, an account number and its end, a PIN. */
const MENU = ['20#', '83517046#', '6094#'];

/** What somebody else asks for while the menu is being worked. */
const MEANWHILE = '77145#';

/** A language and a choice, with half a second between them. */
const LANGUAGE = '2,61#';

/** A number in the form of a card's. */
const CARD = '4929187350264817';

/**
 * Sequence number `n` of the load: eight digits, no two alike, the same in every run.
 *
 * @param {number} n from 0
 */
function sequence(n) {
  // Multiplying modulo a prime maps different numbers to different numbers.
  return String(((n + 1) * 48_705_239) % 99_999_989).padStart(8, '0');
}

module.exports = { CARD, LANGUAGE, MEANWHILE, MENU, TUTORIAL, sequence };
