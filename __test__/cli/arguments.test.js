'use strict';

const { COMMON, readArguments } = require('../../lib/cli/arguments.js');
const { version } = require('../../package.json');
const { command } = require('./command');

jest.setTimeout(120_000);

const SPECS = {
  ...COMMON,
  call: { type: 'string', multiple: true },
  type: { type: 'string' },
  port: { type: 'string', whole: [0, 65_535] },
  scale: { type: 'string', number: [0, 100] },
};

const read = (...args) => readArguments(args, SPECS);

test('values, repeated ones, numbers and short names', () => {
  expect(read('--call', 'a', '--call=b', '--json', '-h', '--port=0', '--scale', '0.5')).toEqual({
    call: ['a', 'b'],
    json: true,
    help: true,
    port: 0,
    scale: 0.5,
  });
  expect(read('--type=-1')).toEqual({ type: '-1' });
});

test.each([
  [['--type'], '--type needs a value'],
  [['--type', '--json'], '--type needs a value'],
  [['--type='], '--type needs a value'],
  [['--json=yes'], '--json takes no value'],
  [['--port', '1.5'], '--port must be a whole number from 0 to 65535'],
  [['--port', '65536'], '--port must be a whole number from 0 to 65535'],
  [['--port', '0x10'], '--port must be a whole number from 0 to 65535'],
  [['--scale', '101'], '--scale must be a number from 0 to 100'],
  [['--nonsense'], 'Unknown option --nonsense'],
  [['-q'], 'Unknown option'],
  [['--__proto__'], 'Unknown option'],
  [['--constructor'], 'Unknown option --constructor'],
  [['word'], 'There is an argument that belongs to no option'],
])('%j is refused', (args, message) => {
  expect(() => read(...args)).toThrow(expect.objectContaining({ message }));
});

test('a hint names what was probably meant', () => {
  expect(() => read('--prot', '1')).toThrow(expect.objectContaining({ hint: 'Did you mean --port?' }));
  expect(() => read('--call-id', 'a')).toThrow(expect.objectContaining({ hint: 'Did you mean --call?' }));
});

test.each(['1234', '12#*', 'abcd', '1-2-3', '1 2'])('%j looks like digits', (word) => {
  for (const args of [[word], ['--', word], [`--${word}`]]) {
    const error = expect.objectContaining({ message: expect.stringContaining('looks like digits') });
    expect(() => read(...args)).toThrow(error);
  }
});

test('help of every command, and the version', async () => {
  expect(await command(['--version'])).toMatchObject({ code: 0, stdout: `${version}\n`, stderr: '' });
  const whole = await command(['--help']);
  expect(whole).toMatchObject({ code: 0, stderr: '' });
  for (const name of ['inject', 'validate', 'doctor', 'simulate']) {
    expect(whole.stdout).toContain(name);
    const { code, stdout } = await command([name, '--help']);
    expect(code).toBe(0);
    expect(stdout).toMatch(new RegExp(`^Usage: cxone-dtmf ${name} `));
    expect(stdout).toContain('Exit codes:');
    expect(await command(['help', name])).toMatchObject({ code: 0, stdout });
  }
});

test('no command or an unknown one is a fault of usage', async () => {
  expect(await command([])).toMatchObject({ code: 2, stdout: '' });
  const ended = await command(['injct']);
  expect(ended).toMatchObject({ code: 2, stdout: '' });
  expect(ended.stderr).toContain('Did you mean inject?');
});
