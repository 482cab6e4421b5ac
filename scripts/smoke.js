'use strict';

// Tries the packed tarballs as a user would: installs them into an empty folder, without a compiler, and runs
// a CommonJS and an ES module program. Needs Node.js and npm only, as old as users may have them.
//
//   node scripts/smoke.js [folder]              the tarballs of that folder, default dist/
//   node scripts/smoke.js --published <version> what npm's registry has

const fs = require('node:fs');
const path = require('node:path');
const { parseArgs } = require('node:util');

const root = path.join(__dirname, '..');

const { PLATFORMS } = require('../lib/platforms.js');
const { Consumer } = require('./lib/consumer.js');
const manifests = require('./lib/manifests.js');
const { LocalRegistry } = require('./lib/local-registry.js');

const PROGRAMS = ['commonjs.cjs', 'module.mjs'];

/** @param {string} text */
function say(text) {
  process.stdout.write(`${text}\n`);
}

async function main() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { published: { type: 'string' } },
  });
  const { published } = values;
  const repository = JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8'));
  const announced = PLATFORMS.map((platform) => manifests.platformManifest(repository, platform));
  const registry = published
    ? undefined
    : await LocalRegistry.open(path.resolve(positionals[0] ?? path.join(root, 'dist')), announced);
  const consumer = new Consumer();
  let failed = false;
  try {
    const check = (/** @type {string} */ title, /** @type {import('./lib/consumer.js').Ended} */ ended) => {
      const ok = ended.code === 0;
      failed ||= !ok;
      say(`${ok ? 'ok  ' : 'FAIL'}  ${title}`);
      if (!ok) say(`${ended.stdout}${ended.stderr}`);
      return ok;
    };
    say(`Node.js ${process.version}, ${process.platform}-${process.arch}`);
    const wanted = `cxone-dtmf@${published ?? repository.version}`;
    if (check(`npm install ${wanted}`, await consumer.install([wanted], registry?.url))) {
      for (const program of PROGRAMS) {
        const name = consumer.take(path.join(__dirname, 'smoke', program));
        check(program, await consumer.node([name]));
      }
    }
  } finally {
    consumer.remove();
    await registry?.close();
  }
  return failed ? 1 : 0;
}

main().then((code) => {
  process.exitCode = code;
});
