'use strict';

// Packs what is published, into dist/: one package for each platform with its compiled addon, and the main
// package, which names them all as optional dependencies.
//
//   node scripts/pack.js [--json] [--no-build] [--addons <folder>] [--out <folder>]
//
//   (nothing)           builds the addon of this machine where it is out of date; packs its platform and the main package
//   --no-build          takes the addon of this machine as it stands
//   --addons <folder>   packs a release: the addons of all platforms, built elsewhere, lie in that folder
//   --out <folder>      where the tarballs go; default dist/
//   --json              what was packed, as one JSON object on standard output, in the order of publishing

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { parseArgs } = require('node:util');

const root = path.join(__dirname, '..');

const { PLATFORMS, platformName } = require('../lib/platforms.js');
const addonFile = require('./lib/addon-file.js');
const addon = require('./lib/addon.js');
const dependencies = require('./lib/dependencies.js');
const manifests = require('./lib/manifests.js');
const notices = require('./lib/notices.js');
const { Steps } = require('./lib/steps.js');
const versions = require('./lib/versions.js');

/** The most that a compiled addon may have, in bytes. */
const MAX_ADDON_BYTES = 10_000_000;
/** The oldest glibc that a published addon may ask for: that of the tool chain of `--use-napi-cross`. */
const GLIBC_FLOOR = '2.17';
/** Goes into every package, beside what `files` names. */
const DOCUMENTS = ['LICENSE'];
/** Goes into the main package where it is there; a release needs all of it. */
const MAIN_DOCUMENTS = ['README.md', 'CHANGELOG.md', ...DOCUMENTS];

/** @typedef {import('./lib/manifests.js').Manifest} Manifest */

/**
 * @typedef {object} Packed
 * @property {string} name
 * @property {string} version
 * @property {string} file the tarball
 * @property {number} bytes its size
 * @property {import('./lib/addon-file.js').AddonFile & { file: string }} [addon]
 */

/** What a person can mend; it is told without a stack. */
class PackError extends Error {}

/**
 * @param {string} platform
 * @param {string} file
 * @param {boolean} release
 */
function inspected(platform, file, release) {
  if (!fs.existsSync(file)) throw new PackError(`There is no addon for ${platform}: ${file} is missing.`);
  const found = addonFile.inspect(file);
  const name = path.basename(file);
  if (found.bytes > MAX_ADDON_BYTES) {
    throw new PackError(`${name} has ${found.bytes} bytes; the most is ${MAX_ADDON_BYTES}.`);
  }
  if (found.stripped === false) {
    throw new PackError(`${name} has a symbol table: build it with the release profile, which strips it.`);
  }
  if (!platform.endsWith('-gnu')) found.glibc = null;
  else if (release && newer(found.glibc, GLIBC_FLOOR)) {
    throw new PackError(
      `${name} needs glibc ${found.glibc}; a release promises ${GLIBC_FLOOR}: build it with --use-napi-cross.`,
    );
  }
  return { file: name, ...found };
}

/**
 * @param {string | null} version of glibc, null for none
 * @param {string} than
 */
function newer(version, than) {
  return version !== null && Number(version.split('.')[1]) > Number(than.split('.')[1]);
}

class Packing {
  /**
   * @param {Steps} steps
   * @param {{ out: string, release: boolean }} options
   */
  constructor(steps, { out, release }) {
    this.steps = steps;
    this.out = out;
    this.release = release;
    /** @type {Manifest} */
    this.repository = JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8'));
    this.stage = fs.mkdtempSync(path.join(os.tmpdir(), 'cxone-dtmf-pack-'));
    /** @type {Packed[]} */
    this.packed = [];
  }

  /**
   * @param {string} platform
   * @param {string} file
   */
  async platform(platform, file) {
    const found = inspected(platform, file, this.release);
    const manifest = manifests.platformManifest(this.repository, platform);
    const folder = this.#folder(platform, manifest);
    fs.copyFileSync(file, path.join(folder, manifests.addonName(platform)));
    for (const name of DOCUMENTS) fs.copyFileSync(path.join(root, name), path.join(folder, name));
    const libc = found.glibc ? ` ${found.glibc} or newer` : '';
    const title = `${manifests.platformTitle(platform)}${libc}`;
    const readme = [
      `# ${manifest.name}`,
      `The compiled addon of \`${this.repository.name}\` for ${title}. npm adds this package by itself where it`,
      `fits: install \`${this.repository.name}\`.`,
    ];
    fs.writeFileSync(path.join(folder, 'README.md'), `${readme[0]}\n\n${readme.slice(1).join('\n')}\n`);
    fs.writeFileSync(path.join(folder, notices.FILE), notices.of(root, this.#target(platform)));
    manifest.files.push(notices.FILE);
    this.#writeManifest(folder, manifest);
    this.packed.push({ ...(await this.#pack(folder, manifest)), addon: found });
  }

  async main() {
    const manifest = manifests.mainManifest(this.repository);
    const folder = this.#folder('main', manifest);
    // What npm leaves out again is no file.
    for (const name of manifest.files.filter((/** @type {string} */ one) => !one.startsWith('!'))) {
      const from = path.join(root, name);
      if (!fs.existsSync(from))
        throw new PackError(`package.json names ${name} in "files", which is not there.`);
      fs.cpSync(from, path.join(folder, name), { recursive: true });
    }
    for (const name of MAIN_DOCUMENTS) {
      const from = path.join(root, name);
      if (fs.existsSync(from)) fs.copyFileSync(from, path.join(folder, name));
      else if (this.release) throw new PackError(`${name} is missing.`);
      else this.steps.skip(name, 'not there; a release needs it');
    }
    this.packed.push(await this.#pack(folder, manifest));
  }

  close() {
    fs.rmSync(this.stage, { recursive: true, force: true });
  }

  /** @param {string} platform */
  #target(platform) {
    return this.repository.napi.targets[PLATFORMS.indexOf(platform)];
  }

  /**
   * @param {string} name
   * @param {Manifest} manifest
   */
  #folder(name, manifest) {
    const folder = path.join(this.stage, name);
    fs.mkdirSync(folder);
    this.#writeManifest(folder, manifest);
    return folder;
  }

  /**
   * @param {string} folder
   * @param {Manifest} manifest
   */
  #writeManifest(folder, manifest) {
    fs.writeFileSync(path.join(folder, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
  }

  /**
   * @param {string} folder
   * @param {Manifest} manifest
   * @returns {Promise<Packed>}
   */
  async #pack(folder, { name, version }) {
    // The name that npm chooses.
    const file = path.join(this.out, `${name.replace(/^@/, '').replace('/', '-')}-${version}.tgz`);
    fs.rmSync(file, { force: true });
    const args = ['pack', '--ignore-scripts', '--loglevel=error', `--pack-destination=${this.out}`];
    const { code } = await dependencies.npm(this.steps, folder, `npm pack ${name}`, args);
    if (code !== 0 || !fs.existsSync(file)) throw new PackError(`npm packed no ${path.basename(file)}.`);
    return { name, version, file, bytes: fs.statSync(file).size };
  }
}

/** @param {number} bytes */
function size(bytes) {
  return bytes < 1_000_000 ? `${(bytes / 1000).toFixed(1)} kB` : `${(bytes / 1_000_000).toFixed(2)} MB`;
}

/** @param {Packed} packed */
function line({ file, bytes, addon: found }) {
  const glibc = found?.glibc ? `, needs glibc ${found.glibc}` : '';
  const inside = found ? `  (addon ${size(found.bytes)}${glibc})` : '';
  return `${path.relative(process.cwd(), file)}  ${size(bytes)}${inside}`;
}

/**
 * Where the addon of each platform lies that is packed.
 *
 * @param {Steps} steps
 * @param {{ addons?: string, build: boolean }} options
 * @returns {Promise<Map<string, string>>}
 */
async function addons(steps, { addons: folder, build }) {
  if (folder) {
    return new Map(PLATFORMS.map((platform) => [platform, path.join(folder, manifests.addonName(platform))]));
  }
  const platform = platformName();
  if (!PLATFORMS.includes(platform))
    throw new PackError(`There is no package for this platform, ${platform}.`);
  if (build && addon.outdated(root)) {
    require('./lib/requirements.js').demand(root);
    if (dependencies.outdated(root) && (await dependencies.install(steps, root)).code !== 0) {
      throw new PackError('npm ci failed.');
    }
    const { code } = await addon.build(steps, root);
    if (code !== 0) throw new PackError('The addon does not build.');
  }
  return new Map([[platform, addon.file(root)]]);
}

async function main() {
  const { values } = parseArgs({
    options: {
      json: { type: 'boolean' },
      'no-build': { type: 'boolean' },
      addons: { type: 'string' },
      out: { type: 'string' },
    },
  });
  const steps = new Steps(process.stderr);
  const out = path.resolve(values.out ?? path.join(root, 'dist'));
  fs.mkdirSync(out, { recursive: true });
  const wrong = versions.problems(root, { release: Boolean(values.addons) });
  if (wrong.length > 0) throw new PackError(wrong.join('\n'));

  const packing = new Packing(steps, { out, release: Boolean(values.addons) });
  try {
    for (const [platform, file] of await addons(steps, {
      addons: values.addons,
      build: !values['no-build'],
    })) {
      await packing.platform(platform, file);
    }
    await packing.main();
  } finally {
    packing.close();
  }
  const { version } = packing.repository;
  if (values.json)
    process.stdout.write(`${JSON.stringify({ schemaVersion: 1, version, packages: packing.packed })}\n`);
  else for (const packed of packing.packed) process.stdout.write(`${line(packed)}\n`);
}

main().catch((error) => {
  const usage = error.code?.startsWith('ERR_PARSE_ARGS');
  process.stderr.write(`${error instanceof PackError || usage ? error.message : error.stack}\n`);
  process.exitCode = usage ? 2 : 1;
});
