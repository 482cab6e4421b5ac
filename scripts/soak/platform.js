'use strict';

// The simulator in a process of its own, so that its memory and its processor time are not the client's.
// Prints its address as one JSON line and lives until its standard input ends.

const { startSimulator } = require('cxone-dtmf/simulator');

async function main() {
  const options = JSON.parse(process.argv[2] ?? '{}');
  const simulator = await startSimulator({ autoCalls: true, journalLimit: 100, ...options });
  process.stdout.write(`${JSON.stringify(simulator.credentials)}\n`);
  process.stdin.resume().once('end', async () => {
    process.stdout.write(`${JSON.stringify(simulator.stats())}\n`);
    await simulator.stop();
  });
}

void main();
