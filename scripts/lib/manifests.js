'use strict';

// The package.json of what is published: the main package and one package for each platform.

const { PLATFORMS } = require('../../lib/platforms.js');

/** What the repository needs and a user does not. `private` keeps the repository itself from being published. */
const ONLY_HERE = ['private', 'scripts', 'devDependencies', 'napi'];
/** What the platform packages say as the main package does. */
const SHARED = ['version', 'license', 'author', 'homepage', 'repository', 'bugs', 'engines', 'publishConfig'];

const SYSTEMS = /** @type {Record<string, string>} */ ({ linux: 'Linux', darwin: 'macOS', win32: 'Windows' });

/** @typedef {Record<string, any>} Manifest */

/** @param {string} platform */
function packageName(platform) {
  return `@cxone-dtmf/${platform}`;
}

/** @param {string} platform */
function addonName(platform) {
  return `cxone-dtmf.${platform}.node`;
}

/**
 * A platform as the page of a package says it.
 *
 * @param {string} platform
 */
function platformTitle(platform) {
  const [os, cpu, abi] = platform.split('-');
  const libc = { gnu: ' with glibc', musl: ' with musl' }[abi] ?? '';
  return `${SYSTEMS[os]} on ${cpu}${libc}`;
}

/**
 * The optional dependencies are not in the repository: `npm ci` fails on names that are not published yet.
 *
 * @param {Manifest} repository its package.json
 * @returns {Manifest}
 */
function mainManifest(repository) {
  const manifest = { ...repository };
  for (const key of ONLY_HERE) delete manifest[key];
  // Exact versions: the addon and the JavaScript that calls it change together.
  manifest.optionalDependencies = Object.fromEntries(
    PLATFORMS.map((platform) => [packageName(platform), repository.version]),
  );
  return manifest;
}

/**
 * npm installs a package only where its `os`, `cpu` and `libc` fit.
 *
 * @param {Manifest} repository its package.json
 * @param {string} platform
 * @returns {Manifest}
 */
function platformManifest(repository, platform) {
  const [os, cpu, abi] = platform.split('-');
  /** @type {Manifest} */
  const manifest = {
    name: packageName(platform),
    description: `The compiled addon of ${repository.name} for ${platformTitle(platform)}.`,
    type: 'commonjs',
    main: addonName(platform),
    files: [addonName(platform)],
    os: [os],
    cpu: [cpu],
  };
  if (os === 'linux') manifest.libc = [abi === 'gnu' ? 'glibc' : abi];
  for (const key of SHARED) {
    if (key in repository) manifest[key] = repository[key];
  }
  return manifest;
}

module.exports = { addonName, mainManifest, packageName, platformManifest, platformTitle };
