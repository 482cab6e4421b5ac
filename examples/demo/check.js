'use strict';

/** @typedef {import('./load.js').Asked} Asked */

/**
 * @typedef {object} Evidence what the program was told, and what the simulator heard
 * @property {{ asAsked: boolean }} tutorial
 * @property {{ inOrder: boolean }} menu
 * @property {{ asAsked: boolean, onlyCardMasked: boolean, unmasked: boolean, overlaps: number }} card
 * @property {Asked[]} asked in the order of asking
 * @property {Map<string, string[]>} heard the sequences of each call, oldest first
 * @property {{ callId: string, index: number }} cut the one whose connection was cut after it was pressed
 * @property {number} rateLimited answers 429
 * @property {number} overlaps requests that came while another of their call was under way
 */

/** @typedef {{ rule: string, ok: boolean, detail?: string }} Rule `detail` says where it failed, without digits */

/**
 * @param {string} rule
 * @param {string[]} wrong places where it does not hold
 * @returns {Rule}
 */
function rule(rule, wrong) {
  if (wrong.length === 0) return { rule, ok: true };
  const more = wrong.length > 5 ? ` and ${wrong.length - 5} more` : '';
  return { rule, ok: false, detail: wrong.slice(0, 5).join(', ') + more };
}

/** @param {{ callId: string, index: number }} place */
const place = ({ callId, index }) => `${callId} number ${index + 1}`;

/**
 * @param {Evidence} evidence
 * @returns {{ ok: boolean, rules: Rule[] }}
 */
function check({ tutorial, menu, card, asked, heard, cut, rateLimited, overlaps }) {
  const isCut = (/** @type {Asked} */ one) => one.callId === cut.callId && one.index === cut.index;
  const isBehind = (/** @type {Asked} */ one) => one.callId === cut.callId && one.index > cut.index;
  const calls = [...heard.keys()];

  // The cut one was pressed: the simulator knows, the program cannot.
  const due = new Map(
    calls.map((callId) => [
      callId,
      asked.filter((one) => one.callId === callId && (one.delivery === 'accepted' || isCut(one))),
    ]),
  );
  const outOfOrder = calls.filter((callId) => {
    const want = (due.get(callId) ?? []).map(({ digits }) => digits).join();
    return want !== heard.get(callId)?.join();
  });
  const twice = calls.filter((callId) => new Set(heard.get(callId)).size !== heard.get(callId)?.length);
  const ghosts = asked.filter(
    ({ callId, digits, delivery }) =>
      ['refused', 'not-sent'].includes(delivery) && heard.get(callId)?.includes(digits),
  );
  const unknown = asked.filter((one) => (one.delivery === 'unknown') !== isCut(one));
  const behind = asked.filter(
    (one) => isBehind(one) !== (one.delivery === 'not-sent' && one.code === 'ERR_DTMF_AFTER_UNKNOWN'),
  );
  const others = asked.filter((one) => one.delivery === 'refused' && one.code !== 'ERR_DTMF_RATE_LIMITED');

  const rules = [
    rule('the injection of the tutorial was heard once', tutorial.asAsked ? [] : ['it was not']),
    rule('the menu was heard in order, with nothing in between', menu.inOrder ? [] : ['it was not']),
    rule('in each call the simulator heard what was accepted and the cut one, in order', outOfOrder),
    rule('nothing was heard twice', twice),
    rule('nothing was heard that was reported as refused or not sent', ghosts.map(place)),
    rule('the cut one is reported as unknown, and only that one', unknown.map(place)),
    rule('what waited behind it was not sent: ERR_DTMF_AFTER_UNKNOWN', behind.map(place)),
    rule('the rate limit was hit, and nothing else was refused', [
      ...(rateLimited > 0 ? [] : ['it was not hit']),
      ...others.map(place),
    ]),
    rule('no call had two requests at once', overlaps === 0 ? [] : [`${overlaps} times`]),
    rule(
      'the agent session heard the choice and the card number, in order',
      card.asAsked ? [] : ['it did not'],
    ),
    rule('its recording was masked for the card number alone, and unmasked after it', [
      ...(card.onlyCardMasked ? [] : ['not masked while the digits played, or while others did']),
      ...(card.unmasked ? [] : ['not masked once and then unmasked']),
    ]),
    rule('in the session no tones overlapped', card.overlaps === 0 ? [] : [`${card.overlaps} times`]),
  ];
  return { ok: rules.every(({ ok }) => ok), rules };
}

/**
 * @param {{ ok: boolean, rules: Rule[] }} verdict
 * @param {{ injections: number, calls: number, outcomes: { delivery: string, count: number }[], simulator: { executions: number } }} load
 */
function summary({ ok, rules }, { injections, calls, outcomes, simulator }) {
  if (!ok) return `check failed: ${rules.filter((one) => !one.ok).length} of ${rules.length} rules`;
  const count = (/** @type {string} */ wanted) =>
    outcomes.reduce((sum, { delivery, count }) => sum + (delivery === wanted ? count : 0), 0);
  return (
    `check ok: ${injections} asked in ${calls} calls; heard ${simulator.executions}, in order and none twice: ` +
    `${count('accepted')} accepted + ${count('unknown')} unknown; ` +
    `not heard: ${count('refused')} refused + ${count('not-sent')} not sent`
  );
}

module.exports = { check, summary };
