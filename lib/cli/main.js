'use strict';

const { COMMON, DIGIT_LIKE, DIGITS_HINT, nearest, readArguments } = require('./arguments.js');
const { EXIT } = require('./exit-codes.js');
const { describe } = require('./failure.js');
const { watchSignals } = require('./interrupt.js');
const { Output } = require('./output.js');
const { UsageError } = require('./usage-error.js');
const { packageVersion } = require('./version.js');

/**
 * What a command gets.
 * @typedef {object} Context
 * @property {import('./arguments.js').Values} values
 * @property {NodeJS.ProcessEnv} env
 * @property {NodeJS.ReadStream} stdin
 * @property {NodeJS.WriteStream} stderr
 * @property {import('./output.js').Output} output
 * @property {AbortSignal} signal fires with an `Interrupted` at SIGINT or SIGTERM
 * @property {number} pid
 * @property {NodeJS.Platform} platform
 */
/**
 * @typedef {object} Command
 * @property {string} name
 * @property {string} summary
 * @property {string} help
 * @property {import('./arguments.js').OptionSpecs} options
 * @property {boolean} [words] whether it takes arguments that belong to no option
 * @property {number} [failure] its exit code for every error, where others of its numbers mean something else
 * @property {(context: Context) => Promise<number>} run gives the exit code
 */

/** @type {readonly Command[]} */
const COMMANDS = [
  require('./inject.js'),
  require('./validate.js'),
  require('./doctor.js'),
  require('./simulate.js'),
  require('./audit.js'),
  require('./options.js'),
  require('./errors.js'),
];

const HELP = `Usage: cxone-dtmf <command> [options]

Presses DTMF digits into live NICE CXone calls.

Commands:
${COMMANDS.map(({ name, summary }) => `  ${name.padEnd(10)} ${summary}`).join('\n')}

  -h, --help       help on a command: cxone-dtmf inject --help
  -V, --version    the version

Try it without an account: start \`cxone-dtmf simulate\` and copy the lines it prints into another terminal.
`;

/**
 * @param {NodeJS.Process} process
 * @returns {Promise<number>} the exit code
 */
async function main(process) {
  const [word, ...rest] = process.argv.slice(2);
  const { stdin, stdout, stderr, env, pid, platform } = process;
  const output = new Output({ stdout, stderr, env, json: rest.includes('--json') });
  const { signal, stop } = watchSignals(process);
  /** @type {Command | undefined} */
  let command;
  try {
    if (word === undefined) throw new UsageError('There is no command', HELP);
    if (['--help', '-h', 'help'].includes(word)) return help(output, rest);
    if (['--version', '-V'].includes(word)) return version(output);
    command = find(word);
    const values = readArguments(rest, { ...COMMON, ...command.options }, command.words);
    if (values.help) return help(output, [command.name]);
    if (values.version) return version(output);
    const context = { values, env, stdin, stderr, output, signal, pid, platform };
    return await command.run(context);
  } catch (error) {
    const { exitCode, lines, json } = describe(error, command?.failure);
    if (output.json) output.result('', command?.name === 'inject' ? untouched(json) : json);
    for (const line of lines) output.say(line);
    return exitCode;
  } finally {
    stop();
  }
}

/**
 * What ends an injection outside of the injection itself has sent nothing; of an internal error nobody knows.
 * @param {Record<string, unknown>} json
 */
function untouched(json) {
  if (json.code === 'ERR_INTERNAL') return json;
  return { delivery: 'not-sent', safeToResend: true, attempts: 0, ...json };
}

/** @param {string} word */
function find(word) {
  const command = COMMANDS.find(({ name }) => name === word);
  if (command) return command;
  if (DIGIT_LIKE.test(word)) throw new UsageError('An argument looks like digits', DIGITS_HINT);
  const names = COMMANDS.map(({ name }) => name);
  const near = nearest(word, names);
  throw new UsageError(
    'Unknown command',
    near ? `Did you mean ${near}?` : `Known: ${names.join(', ')}. cxone-dtmf --help says more.`,
  );
}

/**
 * @param {Output} output
 * @param {readonly string[]} words
 */
function help(output, [word]) {
  output.lines((word === undefined ? HELP : find(word).help).trimEnd().split('\n'));
  return EXIT.OK;
}

/** @param {Output} output */
function version(output) {
  output.print(packageVersion());
  return EXIT.OK;
}

module.exports = { main };
