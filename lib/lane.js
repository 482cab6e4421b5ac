'use strict';

/**
 * The JavaScript end of the lane (`src/lane.rs`): one ordered queue of records from the engine.
 *
 * Promises are made here and settled by the record that names their number. An injector or auth client is
 * found by its number through a weak reference: work under way holds it, an idle one can be collected.
 */

// Taken at load: test runners replace the global timers.
const { setInterval } = require('node:timers');
const { forget } = require('./causes.js');
const { outside } = require('./context.js');
const native = require('./native.js');
const outcome = require('./outcome.js');
const { failureOf } = require('./failure.js');
const {
  JSONParse,
  Promise,
  queueMicrotask,
  SafeFinalizationRegistry,
  SafeMap,
  SafeWeakRef,
} = require('./primordials.js');

/** The longest delay a timer takes; it never matters, since the timer only keeps the process alive. */
const LONGEST_DELAY = 2 ** 31 - 1;

/** How many records are taken alone at most when a batch cannot be taken; a batch has no more. */
const LONGEST_BATCH = 256;

/**
 * The names of the fields of each kind of record.
 * @type {Record<string, string[]>}
 */
const NAMES = JSONParse(native.laneRecords());

/** @typedef {import('./types.js').Fields} Fields */
/** @typedef {import('./types.js').Waiting} Waiting */

/** @type {Map<number, Waiting>} */
const waiting = new SafeMap();
/** What each finds by the kind of a record: `any`, since kinds and receivers meet here alone. @type {Map<number, WeakRef<any>>} */
const owners = new SafeMap();
const collected = new SafeFinalizationRegistry((number) => owners.delete(Number(number)));

// The package may be required in the context of a request, which neither of these must keep.
const keepAlive = outside(() => setInterval(() => {}, LONGEST_DELAY));
keepAlive.unref();

const lane = outside(() => new native.NativeLane(drain));
let lastNumber = 0;

/** Takes one batch. The engine wakes this side again where there is another one. */
function drain() {
  const records = take();
  if (records.length === 0) return;
  lane.crossed(records.length);
  for (let n = 0; n < records.length; n += 1) {
    try {
      deliver(records[n]);
    } catch {
      // One record must not take the others with it. What was thrown may hold anything, and throw again when it
      // is looked at, so nothing of it is told.
      process.emitWarning(`cxone-dtmf could not deliver a record of type ${records[n]?.[0]}`);
    }
  }
}

/** How many more records are taken alone, since one of a batch could not be taken. */
let alone = 0;

/**
 * The oldest records that can be taken. Where there is no memory for the text of a batch, that of one record is shorter,
 * and shortest without the answer of the platform: what it says of the digits arrives in any case.
 * @returns {(Fields | undefined)[]}
 */
function take() {
  if (alone === 0) {
    try {
      return parsed(lane.batch()) ?? [];
    } catch {
      alone = LONGEST_BATCH;
    }
  }
  alone -= 1;
  return takeOne(false) ?? takeShortened();
}

/** Takes a record without the answer that there is no memory for. The next one is in a batch again. */
function takeShortened() {
  alone = 0;
  // What cannot be taken at all must not keep the others.
  return takeOne(true) ?? [undefined];
}

/**
 * @param {boolean} short
 * @returns {Fields[] | undefined} `undefined` when it cannot be taken
 */
function takeOne(short) {
  try {
    const record = parsed(lane.oldest(short));
    return record ? [record] : [];
  } catch {
    return undefined;
  }
}

/** @param {string | null} text */
function parsed(text) {
  return text === null ? undefined : JSONParse(text);
}

let draining = false;

/** Fetches what is there without waiting for the wake, but after the code that runs now. */
function drainSoon() {
  if (draining) return;
  draining = true;
  outside(() =>
    queueMicrotask(() => {
      draining = false;
      drain();
    }),
  );
}

/** @param {Fields | undefined} record one of `src/record.rs`: its kind, the number of what it is for, and the other fields */
function deliver(record) {
  if (!record) throw new Error('it could not be taken');
  const kind = record[0];
  const number = record[1];
  switch (kind) {
    case 'finished': {
      const ended = outcome.ended(record);
      // With a masked recording the work goes on, and the process has to stay for it.
      return (ended.unmasking ? waiting.get(number) : close(number))?.settled(ended);
    }
    case 'retrying':
      return waiting.get(number)?.retrying?.(named(record));
    case 'settled':
      return close(number)?.settled(named(record));
    case 'unmasked':
      return close(number)?.unmasked?.(named(record));
    case 'logged': {
      const line = named(record);
      const injection = waiting.get(line.id);
      return (injection?.logged ? injection : owners.get(number)?.deref())?.logged(line);
    }
    case 'causeForgotten':
      return forget(number);
    default:
      return owners.get(number)?.deref()?.[kind](named(record));
  }
}

/** @param {Fields} record */
function named(record) {
  const names = NAMES[record[0]];
  // `any`: which fields a kind has is the engine's to say.
  /** @type {any} */
  const fields = { __proto__: null };
  for (let n = 0; n < names.length; n += 1) fields[names[n]] = record[n + 1];
  fields.error = fields.error ? failureOf(fields.error, fields.answer) : undefined;
  return fields;
}

/** A number that nothing else of this realm goes by. */
function next() {
  lastNumber += 1;
  return lastNumber;
}

/**
 * Begins to wait for a record; the process stays alive until it came.
 * @param {Waiting} entry
 * @returns {number} what the record must name
 */
function open(entry) {
  const number = next();
  if (waiting.size === 0) keepAlive.ref();
  waiting.set(number, entry);
  return number;
}

/** @param {number} id */
function close(id) {
  const entry = waiting.get(id);
  if (waiting.delete(id) && waiting.size === 0) keepAlive.unref();
  return entry;
}

/**
 * Runs a native operation that ends in a `settled` record.
 * @param {object} owner
 * @param {(id: number) => void} begin
 * @param {(record: import('./types.js').Settled) => void} settled
 */
function request(owner, begin, settled) {
  const id = open({ owner, settled, retrying: undefined, unmasked: undefined, logged: undefined });
  try {
    begin(id);
  } catch (error) {
    close(id);
    throw error;
  }
}

/**
 * The same as a promise of the record.
 * @param {object} owner
 * @param {(id: number) => void} begin
 * @returns {Promise<import('./types.js').Settled>}
 */
function ask(owner, begin) {
  return new Promise((resolve) => request(owner, begin, resolve));
}

/**
 * Gives an object a number under which records find it.
 * @param {object} owner has a method for each kind of record that may name it
 */
function register(owner) {
  const number = next();
  owners.set(number, new SafeWeakRef(owner));
  collected.register(owner, number);
  return number;
}

module.exports = { lane, drainSoon, next, open, close, request, ask, register };
