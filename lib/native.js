'use strict';

/**
 * Loads the addon: the one built here, else the platform package that npm installed.
 */

const fs = require('node:fs');
const path = require('node:path');

const NAME = 'cxone-dtmf';

/** @returns {'gnu' | 'musl'} */
function libc() {
  const report = /** @type {any} */ (process.report?.getReport());
  return report?.header?.glibcVersionRuntime ? 'gnu' : 'musl';
}

/** The platform's name in file and package names, as napi-rs writes it. */
function platformName() {
  const { platform, arch } = process;
  if (platform === 'linux') return `linux-${arch}-${libc()}`;
  if (platform === 'win32') return `win32-${arch}-msvc`;
  return `${platform}-${arch}`;
}

function load() {
  const platform = platformName();
  const local = path.join(__dirname, '..', `${NAME}.${platform}.node`);
  if (fs.existsSync(local)) return require(local);
  const packageName = `@${NAME}/${platform}`;
  try {
    return require(packageName);
  } catch (cause) {
    const message = [
      `${NAME} has no addon for this machine (${platform}, Node.js ${process.version}).`,
      `It looked for the package ${packageName} and for ${path.basename(local)}.`,
      `Install again with optional dependencies (npm install --include=optional); if a lock file from`,
      `another platform is in the way, remove node_modules and the lock file first.`,
      `In a clone of the repository, run: npm run build`,
    ].join('\n');
    throw Object.assign(new Error(message, { cause }), { code: 'ERR_DTMF_NO_ADDON' });
  }
}

/** @type {any} */
const addon = load();

module.exports = addon;
