'use strict';

const { command, DIGITS } = require('./command');

jest.setTimeout(120_000);

const validate = (args, stdin) => command(['validate', ...args], { stdin });

test('a valid sequence: 0', async () => {
  expect(await validate([], `${DIGITS}\n`)).toMatchObject({ code: 0, stdout: 'valid\n', stderr: '' });
  const { code, stdout } = await validate(['--json', '--type', 'SIPINFO', '--pause=1000'], '12A');
  expect(code).toBe(0);
  // Neither frequencies nor the length: they tell of the digits.
  expect(JSON.parse(stdout)).toEqual({
    schemaVersion: 1,
    ok: true,
    exitCode: 0,
    valid: true,
    carrierCompatible: false,
  });
});

test.each([
  ['no digits', [], ''],
  ['a wrong digit', [], `${DIGITS}x`],
  ['too many', [], DIGITS + DIGITS],
  ['two lines', [], '1\n2\n'],
  ['a type', ['--type', 'MORSE'], DIGITS],
  ['a pause', ['--pause', '49'], DIGITS],
])('%s that breaks a rule: 3', async (_name, args, stdin) => {
  const people = await validate(args, stdin);
  expect(people).toMatchObject({ code: 3, stdout: 'invalid\n' });
  expect(people.stderr).not.toBe('');
  const machines = await validate(['--json', ...args], stdin);
  expect(machines.code).toBe(3);
  expect(JSON.parse(machines.stdout)).toMatchObject({
    schemaVersion: 1,
    ok: false,
    exitCode: 3,
    valid: false,
    code: 'ERR_DTMF_INVALID',
  });
});

test('a fault of usage: 2, in JSON too', async () => {
  const { code, stdout } = await validate(['--json', '--pause', 'long'], DIGITS);
  expect(code).toBe(2);
  expect(JSON.parse(stdout)).toMatchObject({ schemaVersion: 1, ok: false, exitCode: 2, code: 'ERR_USAGE' });
});
