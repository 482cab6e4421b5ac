'use strict';

// Simulators, and injectors on them, that are gone after the test.

const { CXoneAuthClient, DtmfInjector } = require('../..');
const { startSimulator } = require('../../simulator');
const { QUICK_RETRY } = require('./bench');

/** Ends what the tests of a suite started, after each of them. Call it once, at the top of the suite. */
function newStage() {
  jest.setTimeout(60_000);
  const simulators = [];
  const injectors = [];

  afterEach(async () => {
    // The simulators first: their end settles what is in flight, so that closing need not wait.
    await Promise.all(simulators.splice(0).map((simulator) => simulator.stop()));
    await Promise.all(injectors.splice(0).map((injector) => injector.close({ timeoutMs: 1000 })));
  });

  return {
    /** A simulator in which `call-1` lives. */
    async simulator(options) {
      const simulator = await startSimulator(options);
      simulators.push(simulator);
      simulator.addCall('call-1');
      return simulator;
    },

    /** An injector on that simulator: silent, with short back-offs. */
    injector(simulator, config = {}, authConfig = {}) {
      const auth = new CXoneAuthClient({ ...simulator.auth, logger: false, ...authConfig });
      const injector = new DtmfInjector(auth, {
        apiUrl: simulator.url,
        logger: false,
        retry: QUICK_RETRY,
        ...config,
      });
      injectors.push(injector);
      return injector;
    },
  };
}

module.exports = { newStage };
