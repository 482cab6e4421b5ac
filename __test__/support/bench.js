'use strict';

// What every suite needs: platforms and injectors that are gone after the test, and outcomes as values.

const util = require('node:util');
// Taken from the modules, since Jest may fake the globals.
const { performance } = require('node:perf_hooks');
const { setTimeout: delay } = require('node:timers/promises');

const { startPlatform } = require('./platform');
const { profile } = require('./profiles');

/** Ends what the tests of a suite started, after each of them. Call it once, at the top of the suite. */
function newBench() {
  // Room for a busy machine: no test here proves anything by being fast.
  jest.setTimeout(60_000);
  const platforms = [];
  const injectors = [];

  afterEach(async () => {
    // The platforms first: their end settles what is in flight, so that closing need not wait.
    await Promise.all(platforms.splice(0).map((platform) => platform.stop()));
    await Promise.all(injectors.splice(0).map((injector) => injector.close({ timeoutMs: 1000 })));
  });

  return {
    async platform() {
      const platform = await startPlatform();
      platforms.push(platform);
      return platform;
    },

    /** An injector on that platform, silent unless told otherwise. */
    injector(platform, config = {}, authConfig = {}) {
      const { CXoneAuthClient } = require('../..');
      const auth = new CXoneAuthClient({ ...platform.credentials, logger: false, ...authConfig });
      return this.injectorWith(auth, platform, config);
    },

    /** The options of an injector on that platform. */
    config: (platform, config = {}) => ({
      apiUrl: platform.url,
      logger: false,
      ...profile.config,
      ...config,
    }),

    injectorWith(auth, platform, config = {}) {
      const { DtmfInjector } = require('../..');
      const injector = new DtmfInjector(auth, this.config(platform, config));
      injectors.push(injector);
      return injector;
    },
  };
}

/** A valid injection, in the words of the profile. */
const { params } = profile;

/** Back-off that tests need not wait for. */
const QUICK_RETRY = { baseMs: 1, capMs: 2 };

/** The outcome as a value, so that a rejection is never unhandled while a test does something else. */
function settle(promise) {
  return promise.then(
    (value) => ({ ok: true, value }),
    (error) => ({ ok: false, error }),
  );
}

/** The error of a promise that has to reject. */
async function failure(promise) {
  const outcome = await settle(promise);
  if (outcome.ok) throw new Error('expected a rejection, but the promise was fulfilled');
  return outcome.error;
}

/** The error of a function that has to throw. */
function thrown(fn) {
  try {
    fn();
  } catch (error) {
    return error;
  }
  throw new Error('expected an exception, but the function returned');
}

/** Everything that a program may print of an error. */
function printed(error) {
  return [
    String(error),
    error.stack,
    JSON.stringify(error),
    JSON.stringify(error.audit),
    util.inspect(error, { depth: Infinity, showHidden: true, getters: true }),
  ].join('\n');
}

/** Waits until something holds. The bound only says what was missing, before the test itself runs out of time. */
async function until(holds, what = 'condition', timeoutMs = 50_000) {
  const end = performance.now() + timeoutMs;
  while (!holds()) {
    if (performance.now() > end) throw new Error(`${what} did not come true within ${timeoutMs} ms`);
    await delay(5);
  }
}

module.exports = { newBench, params, QUICK_RETRY, settle, failure, thrown, printed, until };
