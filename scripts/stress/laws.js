'use strict';

/**
 * What must hold between what programs were told and what the platform pressed.
 *
 * @typedef {object} Asked
 * @property {string} digits unlike all others
 * @property {string} call
 * @property {boolean} mayRepeat by `resendWhenUnknown`
 * @property {boolean} locked under a lock that the program holds
 * @property {number} place among all that its thread asked for
 * @property {string} thread
 * @property {string} [delivery] none where the program ended before it was told
 * @property {string} [code]
 * @property {boolean} [safeToResend]
 */

/** The most attempts of the programs, and one for a resend that is free. */
const MOST_ATTEMPTS = 4;

/**
 * @param {Map<string, Asked>} asked by digits
 * @param {readonly import('./platform.js').Arrival[]} arrivals in their order
 * @param {{ oneAtATime: boolean }} shape
 * @returns {string[]} the laws that were broken, each with what broke it; without digits
 */
function broken(asked, arrivals, { oneAtATime }) {
  const own = arrivals.filter(({ copy }) => !copy);
  const violations = [...ofOutcomes(asked, own), ...ofOrder(asked, own)];
  if (oneAtATime) violations.push(...ofOverlap(asked, own));
  return violations;
}

/** @param {Map<string, Asked>} asked @param {import('./platform.js').Arrival[]} arrivals */
function* ofOutcomes(asked, arrivals) {
  const pressed = new Map();
  for (const { digits, call, pressed: is } of arrivals) {
    const one = asked.get(digits);
    if (!one) yield 'digits arrived that nobody asked for';
    else if (one.call !== call) yield `digits for ${one.call} arrived in ${call}`;
    if (is) pressed.set(digits, (pressed.get(digits) ?? 0) + 1);
  }
  for (const { digits, call, mayRepeat, delivery, code, safeToResend } of asked.values()) {
    const times = pressed.get(digits) ?? 0;
    const what = `${call}, told ${delivery ?? 'nothing'} ${code ?? ''}`;
    if (times > (mayRepeat ? MOST_ATTEMPTS : 1)) yield `pressed ${times} times: ${what}`;
    if (delivery === 'accepted' && times === 0) yield `accepted and not pressed: ${what}`;
    if (/not-sent|refused/.test(delivery ?? '') && times > 0) yield `pressed all the same: ${what}`;
    if (safeToResend !== undefined && safeToResend !== /not-sent|refused/.test(delivery ?? '')) {
      yield `safeToResend is ${safeToResend}: ${what}`;
    }
  }
}

/**
 * Whether its program may have left the connection with the request on its way: then it arrives whenever the network lets it.
 *
 * @param {Asked | undefined} one
 */
function mayBeLate(one) {
  return one?.delivery === undefined || one.delivery === 'unknown';
}

/**
 * What a thread asked of a call arrives in that order.
 *
 * @param {Map<string, Asked>} asked
 * @param {import('./platform.js').Arrival[]} arrivals
 */
function* ofOrder(asked, arrivals) {
  const last = new Map();
  const seen = new Set();
  for (const { digits } of arrivals) {
    const one = asked.get(digits);
    // Resends come later than what was asked for after them only where those failed: the first arrival counts.
    if (!one || seen.has(digits)) continue;
    seen.add(digits);
    const line = `${one.thread} ${one.call} ${one.locked}`;
    const isLate = (last.get(line) ?? -1) > one.place;
    if (isLate && !mayBeLate(one)) yield `out of order: ${one.call}, told ${one.delivery}`;
    if (!isLate) last.set(line, one.place);
  }
}

/**
 * Nothing arrives for a call while an earlier request of another injection has no end, unless it or the other may be late, or
 * the earlier one was sent once more: then its program has left that connection, and the platform may not have seen it yet.
 *
 * @param {Map<string, Asked>} asked
 * @param {import('./platform.js').Arrival[]} arrivals
 */
function* ofOverlap(asked, arrivals) {
  /** @type {Map<string, import('./platform.js').Arrival[]>} */
  const open = new Map();
  const last = new Map(arrivals.map((arrival) => [arrival.digits, arrival]));
  for (const arrival of arrivals) {
    const still = (open.get(arrival.call) ?? []).filter(({ ended }) => (ended ?? Infinity) > arrival.began);
    for (const earlier of still) {
      const another = earlier.digits !== arrival.digits && last.get(earlier.digits) === earlier;
      const late = [earlier, arrival].some(({ digits }) => mayBeLate(asked.get(digits)));
      if (another && !late) yield `two at a time: ${arrival.call}, the first was answered ${earlier.answer}`;
    }
    open.set(arrival.call, [...still, arrival]);
  }
}

module.exports = { broken };
