'use strict';

// The engine knows nothing of JavaScript: no file outside src/node names napi or the binding, and
// without the `node` feature no napi crate is compiled.

const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');

const root = path.join(__dirname, '..');

/** napi or the binding, in code; comments may speak of both. */
const NAMED = /\bnapi(_derive|_build)?\b|\b(crate|cxone_dtmf)::node\b/;

/** @returns {string[]} */
function namedOutsideBinding() {
  const found = [];
  for (const folder of ['src', 'tests', 'benches', 'examples']) {
    const base = path.join(root, folder);
    if (!fs.existsSync(base)) continue;
    for (const entry of fs.readdirSync(base, { recursive: true })) {
      const name = path.join(folder, String(entry));
      if (!name.endsWith('.rs') || name.startsWith(path.join('src', 'node') + path.sep)) continue;
      const lines = fs.readFileSync(path.join(root, name), 'utf8').split('\n');
      for (const [index, line] of lines.entries()) {
        const code = line.replace(/\/\/.*/, '');
        if (NAMED.test(code)) found.push(`${name}:${index + 1}: ${line.trim()}`);
      }
    }
  }
  return found;
}

/** @returns {string[]} */
function compiledIntoEngine() {
  const args = ['tree', '--locked', '--no-default-features', '-e', 'normal', '--prefix', 'none'];
  const tree = spawnSync('cargo', args, { cwd: root, encoding: 'utf8' });
  if (tree.status !== 0) return [`cargo tree failed: ${tree.error?.message ?? tree.stderr}`];
  return tree.stdout.split('\n').filter((line) => /^napi/.test(line));
}

const complaints = [...namedOutsideBinding(), ...compiledIntoEngine()];
if (complaints.length > 0) {
  console.error('napi belongs to src/node alone, and to the `node` feature:');
  for (const complaint of complaints) console.error(`  ${complaint}`);
  process.exitCode = 1;
}
