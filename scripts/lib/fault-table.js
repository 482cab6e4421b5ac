'use strict';

// The faults of the simulator and what a user's test sees of them. `faults.test.js` runs every row;
// `scripts/docs.js` prints the same rows into docs/testing.md, so that the page claims nothing untested.
//
//   what      the row's name
//   run       code that runs before the injection under test, with `simulator`, `inject()` and `delay(ms)`
//   start     options of startSimulator, as code
//   injector  options of the injector, as code
//   auth      options of the auth client, as code
//   code      the error code; absent where the injection succeeds
//   delivery, attempts, pressed   what is seen of the injection under test; `pressed` counts its sequences
//   twice     presses twice, and the page says why

const once = (/** @type {string} */ step) => `simulator.script([${step}])`;
const token = (/** @type {string} */ step) => `simulator.scriptToken([${step}])`;
const accepted = (attempts = 1, pressed = 1) => ({ delivery: 'accepted', attempts, pressed });
const refused = (/** @type {string} */ code, attempts = 1) => ({
  code: `ERR_DTMF_${code}`,
  delivery: 'refused',
  attempts,
  pressed: 0,
});
const unknown = (/** @type {number} */ pressed) => ({
  code: 'ERR_DTMF_OUTCOME_UNKNOWN',
  delivery: 'unknown',
  attempts: 1,
  pressed,
});
const notSent = (/** @type {string} */ code) => ({
  code: `ERR_DTMF_${code}`,
  delivery: 'not-sent',
  attempts: 0,
  pressed: 0,
});

/**
 * @typedef {object} Row
 * @property {string} what
 * @property {string} run
 * @property {string} [start]
 * @property {string} [injector]
 * @property {string} [auth]
 * @property {string} [code]
 * @property {string} delivery
 * @property {number} attempts
 * @property {number} pressed
 * @property {boolean} [twice]
 */

/** @type {{ title: string, rows: Row[] }[]} */
const FAULT_TABLE = [
  {
    title: 'Answers',
    rows: [
      { what: 'no fault', run: '', ...accepted() },
      { what: '500 once', run: once('{ status: 500 }'), ...accepted(2) },
      { what: '503 twice', run: once('{ status: 503, times: 2 }'), ...accepted(3) },
      { what: '500 to the end', run: once('{ status: 500, times: 3 }'), ...refused('SERVER', 3) },
      {
        what: '429, one second',
        run: once("{ status: 429, headers: { 'Retry-After': 1 } }"),
        ...accepted(2),
      },
      {
        what: '429, an hour',
        run: once("{ status: 429, headers: { 'Retry-After': 3600 } }"),
        ...refused('RATE_LIMITED'),
      },
      { what: '401 once', run: once('{ status: 401 }'), ...accepted(2) },
      { what: '401 to the end', run: once('{ status: 401, times: 9 }'), ...refused('AUTH', 2) },
      { what: '400', run: once('{ status: 400 }'), ...refused('REJECTED') },
      { what: '403', run: once('{ status: 403 }'), ...refused('FORBIDDEN') },
      { what: '404', run: once('{ status: 404 }'), ...refused('REJECTED') },
      { what: '409', run: once('{ status: 409 }'), ...refused('CONFLICT') },
      { what: '408', run: once('{ status: 408 }'), ...unknown(0) },
      { what: '502', run: once('{ status: 502 }'), ...unknown(0) },
      { what: '504', run: once('{ status: 504 }'), ...unknown(0) },
      { what: '502, though pressed', run: once('{ status: 502, execute: true }'), ...unknown(1) },
      { what: '504, though pressed', run: once('{ status: 504, execute: true }'), ...unknown(1) },
      { what: 'slow', run: once('{ delayMs: 100 }'), ...accepted() },
      {
        what: 'too slow',
        run: once('{ delayMs: 3000 }'),
        injector: '{ timeoutMs: 1000 }',
        ...unknown(1),
      },
    ],
  },
  {
    title: 'A platform that lies',
    rows: [
      { what: '202, not pressed', run: once('{ execute: false }'), ...accepted(1, 0) },
      {
        what: '500, though pressed',
        run: once('{ status: 500, execute: true }'),
        ...accepted(2, 2),
        twice: true,
      },
      {
        what: 'the same, not trusted',
        run: once('{ status: 500, execute: true }'),
        injector: '{ atomicServerErrors: false }',
        ...unknown(1),
      },
    ],
  },
  {
    title: 'Connections that break',
    rows: [
      { what: 'before the body is read', run: once("{ cut: 'before-read' }"), ...unknown(0) },
      { what: 'after pressing', run: once("{ cut: 'after-execute' }"), ...unknown(1) },
      { what: 'a reset after pressing', run: once("{ cut: 'reset' }"), ...unknown(1) },
      { what: 'half an answer', run: once("{ cut: 'truncate' }"), ...accepted() },
      {
        what: 'silence',
        run: once("{ cut: 'silence' }"),
        injector: '{ timeoutMs: 1000 }',
        ...unknown(0),
      },
      {
        what: 'silence after pressing',
        run: once("{ cut: 'silence-after-execute' }"),
        injector: '{ timeoutMs: 1000 }',
        ...unknown(1),
      },
    ],
  },
  {
    title: 'Rules of the platform',
    rows: [
      { what: 'the call ended', run: "simulator.endCall('call-1')", ...refused('REJECTED') },
      {
        what: 'the call is on another line',
        run: "simulator.addCall('call-1', { lineId: 'line-2' })",
        ...refused('REJECTED'),
      },
      {
        what: 'the call is at another provider',
        run: "simulator.addCall('call-1', { providerId: 'provider-2' })",
        ...refused('REJECTED'),
      },
      {
        what: 'the limit of the minute is used up',
        start: '{ rateLimit: { perMinute: 1 } }',
        run: 'await inject()',
        ...refused('RATE_LIMITED'),
      },
      {
        what: 'that of the call, with a date',
        start: "{ rateLimit: { perCallPerMinute: 1, retryAfter: 'date' } }",
        run: 'await inject()',
        ...refused('RATE_LIMITED'),
      },
      {
        what: 'the token is revoked',
        run: 'await inject(); simulator.revokeTokens()',
        ...accepted(2),
      },
    ],
  },
  {
    title: 'Tokens',
    rows: [
      { what: 'refused', run: token('{ status: 401 }'), ...notSent('AUTH') },
      { what: 'the endpoint fails once', run: token('{ status: 500 }'), ...accepted() },
      { what: 'its connection breaks once', run: token("{ cut: 'reset' }"), ...accepted() },
      { what: 'slow', run: token('{ delayMs: 100 }'), ...accepted() },
      { what: 'too slow once', run: token('{ delayMs: 3000 }'), auth: '{ timeoutMs: 1000 }', ...accepted() },
      { what: 'no JSON', run: token('{ malformed: true }'), ...notSent('AUTH') },
      { what: 'no token in the answer', run: token('{ accessToken: null }'), ...notSent('AUTH') },
      {
        what: 'a scope is missing',
        run: token("{ scope: 'telephony:line:readwrite' }"),
        ...notSent('SCOPE'),
      },
      { what: 'the scope is not named', run: token('{ scope: null }'), ...accepted() },
      {
        what: 'the client may not have the scope',
        start: "{ scopes: 'telephony:line:readwrite' }",
        run: '',
        ...notSent('SCOPE'),
      },
      {
        what: 'used for one injection only',
        run: `${token('{ expiresIn: 0 }')}; await inject()`,
        ...accepted(),
      },
      {
        what: 'it ends earlier than it says',
        start: '{ tokenLifetimeMs: 2000 }',
        run: `${token('{ expiresIn: 3600, times: 9 }')}; await inject(); await delay(2100)`,
        ...accepted(2),
      },
    ],
  },
];

const cell = (/** @type {string} */ text) => text.replaceAll('|', '\\|');

/** @param {Row} row */
function code({ run, start, injector, auth }) {
  const parts = [];
  if (start) parts.push(`\`startSimulator(${start})\``);
  if (auth) parts.push(`auth client \`${auth}\``);
  if (injector) parts.push(`injector \`${injector}\``);
  if (run) parts.push(`\`${run}\``);
  return cell(parts.join(', '));
}

/** The rows as tables of Markdown. */
function markdown() {
  return FAULT_TABLE.map(({ title, rows }) => {
    const lines = rows.map(
      (row) =>
        `| ${cell(row.what)} | ${code(row)} | ${row.code ? `\`${row.code}\`` : '–'} | \`${row.delivery}\` | ${row.attempts} | ${row.pressed} |`,
    );
    return [
      `**${title}**`,
      '',
      '| What happens | Script | `code` | `delivery` | `attempts` | pressed |',
      '| --- | --- | --- | --- | --- | --- |',
      ...lines,
    ].join('\n');
  }).join('\n\n');
}

module.exports = { FAULT_TABLE, markdown };
