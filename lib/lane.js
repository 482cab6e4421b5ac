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
const { named, take } = require('./records.js');
const {
  Promise,
  queueMicrotask,
  SafeFinalizationRegistry,
  SafeMap,
  SafeWeakRef,
} = require('./primordials.js');

/** The longest delay a timer takes; it never matters, since the timer only keeps the process alive. */
const LONGEST_DELAY = 2 ** 31 - 1;

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
  const records = take(lane);
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
      const ended = named(record);
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
