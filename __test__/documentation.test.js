'use strict';

// What pages and comments name is there.

const fs = require('node:fs');
const path = require('node:path');

const read = (...names) =>
  fs.readFileSync(path.join(__dirname, '..', ...names), 'utf8').replace(/\r\n/g, '\n');
const bare = (text) => text.replace(/`/g, '');

const ROOT = path.join(__dirname, '..');
const PAGES = ['README.md', 'CONTRIBUTING.md', 'SECURITY.md', 'CHANGELOG.md'].concat(
  fs.readdirSync(path.join(ROOT, 'docs')).map((name) => `docs/${name}`),
);
/** What git does not keep. */
const IGNORED = [...read('.gitignore').matchAll(/^\/?([^/\n]+)\/$/gm)].map(([, folder]) => folder);

describe('files', () => {
  const OURS = /^(\.ci|\.github|__test__|bin|crates|docs|examples|fuzz|lib|scripts|src|tests)\/[\w./-]*$/;
  const isThere = (...names) => fs.existsSync(path.join(ROOT, ...names));

  /** The files of this repository that a text names in backticks. */
  const named = (text) =>
    [...text.matchAll(/`([^`\n]+)`/g)].map(([, code]) => code).filter((code) => OURS.test(code));

  test.each(PAGES)('%s links to pages that are there', (page) => {
    const targets = [...read(page).matchAll(/\]\(([^)#:]+)(?:#[^)]*)?\)/g)].map(([, target]) => target);
    expect(targets.filter((target) => !isThere(path.dirname(page), target))).toEqual([]);
  });

  test.each(PAGES)('%s names files that are there', (page) => {
    // One page says at its top that its paths begin in the engine.
    const places = page === 'docs/verification.md' ? ['', 'crates/engine'] : [''];
    const missing = named(read(page)).filter((name) => !places.some((place) => isThere(place, name)));
    expect(missing).toEqual([]);
  });

  test('the JavaScript and the typings name files that are there', () => {
    const sources = ['lib', 'scripts'].flatMap((folder) =>
      fs.readdirSync(path.join(ROOT, folder), { recursive: true }).map((name) => path.join(folder, name)),
    );
    const texts = sources.filter((name) => name.endsWith('.js')).concat('index.d.ts', 'simulator.d.ts');
    const found = texts.flatMap((name) => named(read(name)));
    expect(found.length).toBeGreaterThan(5);
    expect(found.filter((name) => !isThere(name))).toEqual([]);
  });
});

describe('architecture.md', () => {
  /** The sections by their first words. */
  const section = (title) =>
    read('docs', 'architecture.md')
      .split(/^## /m)
      .find((text) => text.startsWith(title));

  /** What the first column of a table names. */
  function rows(text, head) {
    const [table] = text.split(`\n| ${head} | What it is |\n| --- | --- |\n`)[1].split('\n\n');
    const cells = table.split('\n').map((row) => row.split('|')[1]);
    return cells.flatMap((cell) => cell.split(', ').map((name) => bare(name.trim()))).sort();
  }

  /** What a folder has, but for what is hidden or not kept by git. */
  function entries(...names) {
    const all = fs.readdirSync(path.join(ROOT, ...names), { withFileTypes: true });
    return all.filter(({ name }) => !name.startsWith('.') && !IGNORED.includes(name));
  }

  const folders = (...names) => entries(...names).filter((entry) => entry.isDirectory());
  const repository = section('The repository');

  test('names the folders of the repository', () => {
    expect(rows(repository, 'Folder')).toEqual(
      folders()
        .map(({ name }) => `${name}/`)
        .sort(),
    );
  });

  test('names the crates', () => {
    const crates = folders('crates').map(({ name }) => `crates/${name}`);
    expect(rows(repository, 'Crate')).toEqual(crates.sort());
    const drawn = [...repository.matchAll(/\["(crates\/\w+)"\]/g)].map(([, crate]) => crate);
    expect(drawn.sort()).toEqual(crates);
  });

  test('names the rooms of the engine in its table and in its picture', () => {
    const text = section('The rooms');
    const modules = entries('crates', 'engine', 'src').map(({ name }) => path.basename(name, '.rs'));
    const rooms = modules.filter((name) => name !== 'lib').sort();
    expect(rows(text, 'Room')).toEqual(rooms);
    const [, picture] = /```mermaid\nflowchart TD\n([\s\S]*?)```/.exec(text);
    const drawn = picture.replace(/^ *(subgraph .*|end)$/gm, '').match(/\w+/g);
    expect([...new Set(drawn)].sort()).toEqual(rooms);
  });
});
