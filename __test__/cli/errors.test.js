'use strict';

const { tables } = require('../../lib/tables.js');
const { command } = require('./command');
const { onTerminal } = require('./terminal');

jest.setTimeout(120_000);

const errors = (args) => command(['errors', ...args]);

test('every code of the table, for people and for machines', async () => {
  const all = tables().errors;
  const people = await errors([]);
  expect(people).toMatchObject({ code: 0, stderr: '' });
  for (const { code, advice } of all) {
    expect(people.stdout).toMatch(new RegExp(`^${code} `, 'm'));
    expect(people.stdout).toContain(`→ ${advice.replaceAll('`', '')}`);
  }
  const { stdout } = await errors(['--json']);
  const rows = all.map(({ code, when, deliveries, advice, exit }) => {
    return { code, when, deliveries, advice, exitCode: exit, docs: `docs/errors.md#${code.toLowerCase()}` };
  });
  expect(JSON.parse(stdout)).toEqual({ schemaVersion: 1, errors: rows });
});

test.each([
  ['ERR_DTMF_AUTH', 'ERR_DTMF_AUTH'],
  ['auth', 'ERR_DTMF_AUTH'],
  ['err_dtmf_outcome_unknown', 'ERR_DTMF_OUTCOME_UNKNOWN'],
  ['abort_err', 'ABORT_ERR'],
])('%s is %s', async (name, code) => {
  const people = await errors([name]);
  expect(people.code).toBe(0);
  expect(people.stdout.split('\n')[0]).toBe(code);
  expect(people.stdout).toContain(`docs/errors.md#${code.toLowerCase()}\n`);
  const { stdout } = await errors([name, '--json']);
  expect(JSON.parse(stdout).errors).toMatchObject([{ code }]);
});

test.each([
  ['ERR_DTMF_AUTHS', 'Did you mean ERR_DTMF_AUTH?'],
  ['outcome', 'Did you mean OUTCOME_UNKNOWN?'],
  ['zzzzzzzz', 'Without a name'],
])('%s: 2, and %s', async (name, hint) => {
  const ended = await errors([name]);
  expect(ended).toMatchObject({ code: 2, stdout: '' });
  expect(ended.stderr).toContain(hint);
  expect(ended.stderr).not.toContain(name);
});

test('a terminal gets colours and no line that is too long', async () => {
  const { run } = require('../../lib/cli/errors.js');
  for (const words of [[], ['store']]) {
    const { plain, coloured } = await onTerminal(run, words, 70);
    expect(coloured).toContain('\x1b[');
    for (const line of plain) expect(line.length).toBeLessThanOrEqual(70);
  }
});
