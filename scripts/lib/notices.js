'use strict';

// The licences of the crates inside a compiled addon. They ask that their texts travel with it.

const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');

/** The name of the file in the package. */
const FILE = 'THIRD-PARTY-LICENSES.txt';
const TEXTS = /^(licen[cs]e|copying|copyright|notice)/i;
const MAX_METADATA_BYTES = 64_000_000;

/** @typedef {{ id: string, name: string, version: string, license: string | null, manifest_path: string, targets: { kind: string[] }[] }} Crate */

/**
 * The crates of others that are linked into the addon: not those that only run while it is compiled.
 *
 * @param {string} root
 * @param {string} target as rustc names it
 * @returns {Crate[]}
 */
function linked(root, target) {
  const args = ['metadata', '--format-version=1', '--locked', `--filter-platform=${target}`];
  const metadata = JSON.parse(
    execFileSync('cargo', args, {
      cwd: root,
      encoding: 'utf8',
      maxBuffer: MAX_METADATA_BYTES,
      stdio: ['ignore', 'pipe', 'inherit'],
    }),
  );
  /** @type {Map<string, Crate>} */
  const crates = new Map(metadata.packages.map((/** @type {Crate} */ crate) => [crate.id, crate]));
  const nodes = new Map(metadata.resolve.nodes.map((/** @type {any} */ node) => [node.id, node]));
  const reached = new Set([metadata.resolve.root]);
  for (const id of reached) {
    for (const { pkg, dep_kinds: kinds } of nodes.get(id).deps) {
      const compiledOnly = crates.get(pkg)?.targets.some(({ kind }) => kind.includes('proc-macro'));
      const normal = kinds.some((/** @type {{ kind: string | null }} */ { kind }) => kind === null);
      if (normal && !compiledOnly) reached.add(pkg);
    }
  }
  const own = new Set(metadata.workspace_members);
  return [...reached].filter((id) => !own.has(id)).map((id) => /** @type {Crate} */ (crates.get(id)));
}

/**
 * The licence texts in a crate. Where MIT is one of several to choose from, it is chosen.
 *
 * @param {Crate} crate
 */
function texts({ license, manifest_path: manifest }) {
  const folder = path.dirname(manifest);
  const names = fs
    .readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isFile() && TEXTS.test(entry.name))
    .map(({ name }) => name);
  const mit = names.filter((name) => /mit/i.test(name));
  const chosen = /\bMIT\b/.test(license ?? '') && !/\bAND\b/.test(license ?? '') && mit.length > 0;
  const wanted = chosen ? [...mit, ...names.filter((name) => /^notice/i.test(name))] : names;
  return wanted
    .sort()
    .map((name) => fs.readFileSync(path.join(folder, name), 'utf8').replace(/\r\n/g, '\n').trim());
}

/**
 * @param {string} root
 * @param {string} target as rustc names it
 * @returns {string}
 */
function of(root, target) {
  const crates = linked(root, target).sort((a, b) =>
    `${a.name} ${a.version}`.localeCompare(`${b.name} ${b.version}`, 'en'),
  );
  /** @type {Map<string, string[]>} */
  const holders = new Map();
  for (const crate of crates) {
    for (const text of texts(crate)) {
      holders.set(text, [...(holders.get(text) ?? []), `${crate.name} ${crate.version}`]);
    }
  }
  const list = crates.map(({ name, version, license }) => `${name} ${version}: ${license ?? 'see below'}`);
  const parts = [...holders].map(([text, names]) => `${'-'.repeat(80)}\n${names.join(', ')}\n\n${text}`);
  return [
    'The compiled addon contains these crates, under these licences:',
    list.join('\n'),
    ...parts,
    '',
  ].join('\n\n');
}

module.exports = { FILE, of };
