'use strict';

// What the package does, shown against the simulator on this machine. No account, no network.
// `npm start` builds the addon if need be and runs this file; `node examples/demo.js --help` has the options.

const { parseArgs } = require('node:util');

const { REMEDY, find } = require('../scripts/lib/redis.js');
const { runCard } = require('./demo/card.js');
const { check, summary } = require('./demo/check.js');
const { runFleet } = require('./demo/fleet.js');
const { runLoad } = require('./demo/load.js');
const { runMenu } = require('./demo/menu.js');
const { Screen } = require('./demo/screen.js');
const { table } = require('./demo/table.js');
const { runTutorial } = require('./demo/tutorial.js');

const HELP = `Usage: npm start
       npm start -- --fleet 4
       node examples/demo.js [--fleet n] [--json]

Presses digits into calls of a simulator on 127.0.0.1, in four parts: one injection as in the tutorial,
a menu under one lock, 200 injections into 20 calls with a rate limit and a cut connection, and a card number
into an agent session whose recording is masked meanwhile.
Then it compares what was asked with what the simulator heard. It takes a few seconds.

  --fleet n   instead: n processes, 1 to 32, press into the same calls, with a Redis server between them that is
              started for it. redis-server or valkey-server has to be in the PATH
  --json      one JSON object on standard output, nothing else
  --help      this text

Exit codes: 0 all was as it should be, 1 it was not, 2 wrong arguments.
NO_COLOR turns colours off; CI turns the moving bar off. Digits are never shown.
`;

/** @param {string[]} args */
function readArguments(args) {
  const options = /** @type {const} */ ({
    fleet: { type: 'string' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  });
  const { fleet, ...values } = parseArgs({ args, options }).values;
  if (fleet !== undefined && !/^([1-9]|[12]\d|3[0-2])$/.test(fleet)) {
    throw new Error('--fleet must be a number of processes, 1 to 32');
  }
  return { ...values, fleet: Number(fleet ?? 0) };
}

/** @param {Awaited<ReturnType<typeof runLoad>>['load']} load */
function explainRefusals({ resends, longestRetryAfterMs }) {
  const seconds = Math.round(longestRetryAfterMs / 1000);
  return `${resends} waited as asked and were sent again; the limit's wait of ${seconds} s would pass the 30 s deadline`;
}

/** @param {Screen} screen */
async function run(screen) {
  const started = performance.now();
  screen.say('All of this talks to a simulator on 127.0.0.1. Digits are masked, as they are by default.');

  screen.title('1. One injection, as in the tutorial');
  const tutorial = await runTutorial(screen);

  screen.title('2. A menu of three sequences under one lock');
  const menu = await runMenu(screen);

  screen.title('3. 200 injections into 20 calls');
  const { load, evidence } = await runLoad(screen);
  for (const line of table(load.outcomes)) screen.say(`  ${line}`);
  screen.note('ms: from the lock of the call to the outcome, token, waits and resends included');
  screen.note(explainRefusals(load));

  screen.title('4. A masked card number into an agent session');
  const card = await runCard(screen);

  screen.title('What was asked, and what the simulator heard');
  const verdict = check({ tutorial, menu, card, ...evidence });
  for (const { rule, ok, detail } of verdict.rules) screen.verdict(ok, detail ? `${rule}: ${detail}` : rule);
  const seconds = Number(((performance.now() - started) / 1000).toFixed(1));
  screen.say('');
  screen.say(`${summary(verdict, load)} (${seconds.toFixed(1)} s)`);
  return { ok: verdict.ok, seconds, tutorial, menu, load, card, check: verdict };
}

/** @param {string[]} args */
async function main(args) {
  let options;
  try {
    options = readArguments(args);
  } catch (error) {
    process.stderr.write(`${/** @type {Error} */ (error).message}\n\n${HELP}`);
    return 2;
  }
  if (options.help) {
    process.stdout.write(HELP);
    return 0;
  }
  if (options.fleet > 0 && !find()) {
    process.stderr.write(`A fleet needs a Redis server: ${REMEDY}\n`);
    return 2;
  }
  const screen = new Screen(options.json ? undefined : process.stdout);
  const report = await (options.fleet > 0 ? runFleet(screen, options.fleet) : run(screen));
  if (options.json) process.stdout.write(`${JSON.stringify(report)}\n`);
  return report.ok ? 0 : 1;
}

main(process.argv.slice(2)).then(
  (code) => {
    // Not process.exit(): what is written into a pipe may not be out yet.
    process.exitCode = code;
  },
  (error) => {
    process.stderr.write(`The demo broke off: ${error.stack}\n`);
    process.exitCode = 1;
  },
);
