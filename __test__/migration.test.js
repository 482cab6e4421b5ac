'use strict';

// The table of docs/migration.md that goes through the tutorial row by row: what it calls the same is tested, what differs
// says why, and what shows in the output of the tutorial's program is one of its rows.

const fs = require('node:fs');
const path = require('node:path');

const { DEPARTURES } = require('./tutorial/departures');
const { SAME } = require('./tutorial/same');

const page = fs
  .readFileSync(path.join(__dirname, '..', 'docs', 'migration.md'), 'utf8')
  .replaceAll('\r\n', '\n');
const [, part] = page.split('\n## Row by row\n');
const rows = part
  .split('\n')
  .filter((line) => line.startsWith('|') && !/^\| (Of the tutorial|---)/.test(line))
  .map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  )
  .map(([name, kind, here]) => ({ name, kind, here }));

const namesOf = (...kinds) => rows.filter(({ kind }) => kinds.includes(kind)).map(({ name }) => name);

test('each row has a name of its own and a kind, and says what is not the same', () => {
  expect(rows.length).toBeGreaterThan(80);
  expect(new Set(rows.map(({ name }) => name)).size).toBe(rows.length);
  expect(rows.filter(({ kind }) => !['same', 'better', 'different'].includes(kind))).toEqual([]);
  expect(rows.filter(({ kind, here }) => kind !== 'same' && here === '')).toEqual([]);
});

test('what departs in the output is in the table', () => {
  expect(Object.keys(DEPARTURES).filter((name) => !namesOf('better', 'different').includes(name))).toEqual(
    [],
  );
});

test('what is tested as the same is in the table', () => {
  expect(Object.keys(SAME).sort()).toEqual(namesOf('same').sort());
});

test.each(namesOf('same'))('the same: %s', async (name) => {
  await SAME[name]();
});
