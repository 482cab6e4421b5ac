'use strict';

// What this package prints otherwise than the tutorial's program, one entry for each row of docs/migration.md that shows in
// the output. Each takes the lines so far and what is known of the injection here, and gives the lines with itself applied.

const { TIME, MS } = require('./printed');

/** Applies a change to every entry: of log lines, of events, of results. */
const inEntries = (change) => (lines, known) =>
  lines.map(([kind, value]) => {
    if (kind === 'log' && 'callId' in value) return [kind, { ...change(value, known), timestamp: TIME }];
    if (kind === 'event' && value.auditEntry)
      return [kind, { ...value, auditEntry: change(value.auditEntry, known) }];
    if (kind === 'result' && value?.audit) return [kind, { ...value, audit: change(value.audit, known) }];
    return [kind, value];
  });

const isFailure = ([kind, value]) =>
  (kind === 'log' && value.message === 'DTMF injection failed') ||
  (kind === 'event' && value.event === 'dtmf.failed');

const retrying = (known, attempt) => [
  'event',
  {
    event: 'dtmf.retrying',
    callId: known.callId,
    injectionId: 'ID',
    attempt,
    delayMs: MS,
    reason: known.reason,
  },
];

const warning = (known, attempt) => [
  'log',
  {
    level: 'warn',
    message: `Attempt failed (${known.reason}). Retrying in #s (attempt ${attempt}/3)`,
    timestamp: TIME,
    seconds: [0, 0.4],
  },
];

/** By the name of the row. */
const DEPARTURES = {
  'Digits in entries, events and log lines': inEntries(({ validation, ...entry }) => {
    // A field that is `undefined` counts as absent for toEqual.
    const shown = validation && { validation: { ...validation, frequencies: undefined } };
    return { ...entry, dtmfString: '*****', ...shown };
  }),

  'Fields of the entry of a failure': inEntries((entry, { valid = true }) => ({
    dtmfType: valid ? 'SIPINFO' : null,
    interDigitPause: valid ? 220 : null,
    validation: { valid, carrierCompatible: valid },
    recognitionRate: 0,
    ...entry,
  })),

  'Further fields of the entry': inEntries((entry, { attempts = 1, delivery, code }) => ({
    injectionId: 'ID',
    queuedMs: MS,
    attemptMs: MS,
    attempts,
    recognitionSource: 'acceptance',
    delivery,
    ...(code && { code }),
    ...entry,
  })),

  'One final event an injection': (lines, known) => {
    const last = lines.findLastIndex(isFailure);
    const kept = known.code ? [last - 1, last] : [];
    let attempt = 0;
    return lines.flatMap((line, at) => {
      const [kind, value] = line;
      const isWait = kind === 'log' && value.level === 'warn';
      if (isWait) return at > last && known.code ? [] : [line, retrying(known, (attempt += 1))];
      if (!isFailure(line) || kept.includes(at)) return [line];
      // After a 5xx the tutorial waits without a line.
      const waitsSilently = known.reason === 'ERR_DTMF_SERVER' && kind === 'event';
      return waitsSilently ? [warning(known, (attempt += 1)), retrying(known, attempt)] : [];
    });
  },

  '429 to the last attempt': (lines, known) =>
    lines.map((line) => (line[0] === 'result' && line[1] === null ? ['failed', known.message] : line)),

  "`status: 'error'` of what threw": inEntries((entry, { delivery }) =>
    entry.status === 'error' && delivery === 'refused' ? { ...entry, status: 'failed' } : entry,
  ),

  'The `errorCode` of a refused token': inEntries((entry, { tokenStatus }) =>
    tokenStatus ? { ...entry, errorCode: tokenStatus } : entry,
  ),

  'Words of what failed': (lines, known) => {
    if (!known.message) return lines;
    const reworded = inEntries((entry) => ({ ...entry, errorMessage: known.message }));
    return reworded(lines, known).map((line) => (line[0] === 'failed' ? ['failed', known.message] : line));
  },

  '429 with `Retry-After` in seconds': (lines) =>
    lines.map(([kind, value]) => {
      const [least, most] = value?.seconds ?? [];
      return [kind, least && least === most ? { ...value, seconds: [least, least * 1.1] } : value];
    }),

  'The wait after a 429 without Retry-After': (lines) =>
    lines.map(([kind, value]) => [
      kind,
      value?.seconds?.[1] === 2.5 ? { ...value, seconds: [0.5, 1] } : value,
    ]),

  'Further fields of a log line about a wait': (lines, { callId }) =>
    lines.map(([kind, value]) =>
      kind === 'log' && value.level === 'warn'
        ? [kind, { ...value, callId, injectionId: 'ID' }]
        : [kind, value],
    ),
};

/** @param {unknown[]} lines those of the tutorial */
function depart(lines, known) {
  return Object.values(DEPARTURES).reduce((before, apply) => apply(before, known), lines);
}

module.exports = { DEPARTURES, depart };
