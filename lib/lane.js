'use strict';

/**
 * The JavaScript end of the lane (`src/lane.rs`): one ordered queue of records from the engine.
 *
 * Promises are made here and settled by the record that names their number. An injector or auth client is
 * found by its number through a weak reference: work under way holds it, an idle one can be collected.
 */

// Taken at load: test runners replace the global timers.
const { setInterval } = require('node:timers');
const native = require('./native.js');
const outcome = require('./outcome.js');

/** The longest delay a timer takes; it never matters, since the timer only keeps the process alive. */
const LONGEST_DELAY = 2 ** 31 - 1;

/**
 * What waits for a record. `owner` keeps the object alive that the work belongs to.
 * @typedef {object} Waiting
 * @property {object} owner
 * @property {(record: any) => void} settled
 * @property {(record: any) => void} [retrying]
 * @property {(record: any) => void} [unmasked]
 */

/** @type {Map<number, Waiting>} */
const waiting = new Map();
/** @type {Map<number, WeakRef<any>>} */
const owners = new Map();
const collected = new FinalizationRegistry((number) => owners.delete(Number(number)));

const keepAlive = setInterval(() => {}, LONGEST_DELAY);
keepAlive.unref();

const lane = new native.NativeLane(drain);
let lastNumber = 0;

function drain() {
  for (const record of JSON.parse(lane.drain())) {
    try {
      deliver(record);
    } catch {
      // One record must not take the others with it. What was thrown may hold anything, and throw again when it
      // is looked at, so nothing of it is told.
      process.emitWarning(`cxone-dtmf could not deliver a record of type ${record.type}`);
    }
  }
}

let draining = false;

/** Fetches what is there without waiting for the wake, but after the code that runs now. */
function drainSoon() {
  if (draining) return;
  draining = true;
  queueMicrotask(() => {
    draining = false;
    drain();
  });
}

/** @param {any} record an `OutcomeRecord` of `src/outcome_fields.rs`, or one of `src/record.rs`, these in the same order */
function deliver(record) {
  if (Array.isArray(record)) return finished(outcome.ended(record));
  switch (record.type) {
    case 'retrying':
      return waiting.get(record.id)?.retrying?.(record);
    case 'settled':
      return close(record.id)?.settled(record);
    case 'lockExpired':
      return owners.get(record.injector)?.deref()?.lockExpired(record);
    case 'withoutLease':
      return owners.get(record.injector)?.deref()?.withoutLease();
    case 'unmasked':
      return close(record.id)?.unmasked?.(record);
    case 'audit':
      return owners.get(record.injector)?.deref()?.auditNotice(record);
    case 'log':
      return owners.get(record.injector)?.deref()?.logged(record);
    case 'sessionEnded':
      return owners.get(record.injector)?.deref()?.sessionEnded(record);
    case 'sessionNotHeard':
      return owners.get(record.injector)?.deref()?.sessionNotHeard(record);
    case 'tokenRefreshed':
      return owners.get(record.client)?.deref()?.tokenRefreshed();
    case 'tokenRefreshFailed':
      return owners.get(record.client)?.deref()?.tokenRefreshFailed(record.error);
    case 'tokenWanted':
      return owners.get(record.injector)?.deref()?.tokenWanted(record.request);
    case 'tokenNotWanted':
      return owners.get(record.injector)?.deref()?.tokenNotWanted(record.request);
    case 'tokenRefused':
      return owners.get(record.injector)?.deref()?.tokenRefused();
  }
}

/** @param {any} record */
function finished(record) {
  // With a masked recording the work goes on, and the process has to stay for it.
  return (record.unmasking ? waiting.get(record.id) : close(record.id))?.settled(record);
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
 * @param {(record: any) => void} settled
 */
function request(owner, begin, settled) {
  const id = open({ owner, settled });
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
 * @returns {Promise<any>}
 */
function ask(owner, begin) {
  return new Promise((resolve) => request(owner, begin, resolve));
}

/**
 * Gives an object a number under which records find it.
 * @param {object} owner has a method for each record that may name it
 */
function register(owner) {
  const number = next();
  owners.set(number, new WeakRef(owner));
  collected.register(owner, number);
  return number;
}

module.exports = { lane, drainSoon, next, open, close, request, ask, register };
