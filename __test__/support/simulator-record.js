'use strict';

// Loaded before a program (`node --require`): what its simulator has seen by the time it stops goes into the file RECORD.

const fs = require('node:fs');

const simulators = require('../../simulator');

const { startSimulator } = simulators;

simulators.startSimulator = async (options) => {
  const simulator = await startSimulator(options);
  return {
    ...simulator,
    async stop() {
      const sessions = simulator.sessions();
      const executions = simulator.executions();
      const masks = executions.map(({ contactId }) => [contactId, simulator.masks(contactId)]);
      const record = { sessions, executions, masks: Object.fromEntries(masks), stats: simulator.stats() };
      fs.writeFileSync(process.env.RECORD, JSON.stringify(record));
      await simulator.stop();
    },
  };
};
