'use strict';

const { tables } = require('../../lib/tables.js');
const { command } = require('./command');
const { onTerminal } = require('./terminal');

jest.setTimeout(120_000);

const options = (args) => command(['options', ...args]);
const paths = (stdout) => JSON.parse(stdout).options.map(({ path }) => path);

test('every option of the table, for people and for machines', async () => {
  const all = tables().options;
  const people = await options([]);
  expect(people).toMatchObject({ code: 0, stderr: '' });
  for (const { path, doc } of all) {
    expect(people.stdout).toContain(`  ${path} `);
    expect(people.stdout).toContain(doc.replace(/`|\*\*|\.$/g, ''));
  }
  const { stdout } = await options(['--json']);
  expect(JSON.parse(stdout)).toEqual({
    schemaVersion: 1,
    options: all.map((option) => ({ ...option, docs: 'docs/options.md' })),
  });
});

test.each([
  ['retry.baseMs', ['retry.baseMs']],
  ['RETRY.BASEMS', ['retry.baseMs']],
  ['basems', ['retry.baseMs']],
  ['retry', ['retry', 'retry.baseMs', 'retry.capMs', 'retry.budget']],
  ['auditlog.rotate', ['auditLog.rotate', 'auditLog.rotate.bytes', 'auditLog.rotate.hours']],
])('%s', async (name, found) => {
  const { code, stdout } = await options([name, '--json']);
  expect([code, paths(stdout)]).toEqual([0, found]);
});

test('a name that several sections have, and the name of a section', async () => {
  const named = tables().options.filter(({ name }) => name === 'deadlineMs');
  const { stdout } = await options(['deadlineMs', '--json']);
  expect(JSON.parse(stdout).options).toMatchObject(named);
  expect(named.map(({ section }) => section)).toEqual(['injector', 'injection']);
  const { stdout: auth } = await options(['auth', '--json']);
  expect(new Set(JSON.parse(auth).options.map(({ section }) => section))).toEqual(new Set(['auth']));
});

test.each([
  [['retry.baseMz'], 'Did you mean retry.baseMs?'],
  [['deadlinems '], 'Did you mean deadlineMs?'],
  [['zzzzzzzz'], 'Without a name'],
  [['retry', 'fleet'], 'One name at most'],
])('%p: 2, and %s', async (args, hint) => {
  const ended = await options(args);
  expect(ended).toMatchObject({ code: 2, stdout: '' });
  expect(ended.stderr).toContain(hint);
  const { stdout } = await options([...args, '--json']);
  expect(JSON.parse(stdout)).toMatchObject({ ok: false, exitCode: 2, code: 'ERR_USAGE' });
});

test('a terminal gets colours and no line that is too long, its columns aligned', async () => {
  const { run } = require('../../lib/cli/options.js');
  const { plain, coloured } = await onTerminal(run, ['fleet'], 60);
  expect(coloured).toContain('\x1b[');
  for (const line of plain) expect(line.length).toBeLessThanOrEqual(60);
  const starts = plain
    .filter((line) => line.startsWith('  fleet.'))
    .map((line) => /^ +\S+ +/.exec(line)[0].length);
  expect(new Set(starts).size).toBe(1);
  const { coloured: without } = await onTerminal(run, ['fleet'], 60, { NO_COLOR: '1' });
  expect(without).toBe(`${plain.join('\n')}\n`);
});
