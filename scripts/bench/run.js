'use strict';

// One client in one round: starts its process, gives it its task, asks its application as a user would, and reads the
// figures.

const { spawn } = require('node:child_process');
const http = require('node:http');
const path = require('node:path');
const readline = require('node:readline');

const { rustProgram } = require('./rust.js');

/** @typedef {import('./measure.js').Figures} Figures */
/** @typedef {import('./client.js').Task['client'] | 'rust'} ClientName */
/** @typedef {Omit<import('./client.js').Task, 'client'> & { client: ClientName }} Task */

/** How often the application of a client is asked, in milliseconds. */
const ASK_MS = 50;

/**
 * When no injection ends for so long, in milliseconds, the machine slept, or a process was stopped. Such figures
 * tell nothing of the client, and are taken again.
 */
const STOPPED_MS = 1000;
const TRIES = 8;

/**
 * Asks until it is told to stop.
 *
 * @param {number} port
 * @returns {() => void}
 */
function ask(port) {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  const once = () => {
    const request = http.get({ host: '127.0.0.1', port, agent }, (response) => response.resume());
    // The client ends when it is done; a request that is under way then fails.
    request.on('error', () => {});
  };
  const timer = setInterval(once, ASK_MS);
  return () => {
    clearInterval(timer);
    agent.destroy();
  };
}

/**
 * @param {Task} task
 * @returns {Promise<Figures>}
 */
async function runOnce(task) {
  const [command, args] =
    task.client === 'rust'
      ? [rustProgram('bare_client'), ['--json']]
      : [process.execPath, [path.join(__dirname, 'client.js')]];
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = new Promise((resolve) => child.once('close', resolve));
  child.stdin.end(JSON.stringify(task));
  let stopAsking = () => {};
  /** @type {Figures | undefined} */
  let figures;
  for await (const line of readline.createInterface({ input: child.stdout })) {
    const told = JSON.parse(line);
    if (told.port) stopAsking = ask(told.port);
    else figures = told;
  }
  stopAsking();
  const code = await ended;
  if (code !== 0 || !figures) throw new Error(`the client ${task.client} ended with code ${code}`);
  return figures;
}

/**
 * @param {Task} task
 * @returns {Promise<{ figures: Figures, acknowledged: number }>} `acknowledged` counts what was thrown away as well
 */
async function run(task) {
  let acknowledged = 0;
  for (let tries = 0; tries < TRIES; tries += 1) {
    const figures = await runOnce(task);
    acknowledged += figures.acknowledged;
    if (figures.longestGapMs < STOPPED_MS) return { figures, acknowledged };
  }
  throw new Error(
    `the client ${task.client} was stopped in the middle ${TRIES} times; is this machine in use?`,
  );
}

module.exports = { run };
