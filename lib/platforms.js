'use strict';

// The platforms that have a compiled addon, under the names that napi-rs gives to files and packages.

const PLATFORMS = Object.freeze([
  'linux-x64-gnu',
  'linux-arm64-gnu',
  'linux-x64-musl',
  'linux-arm64-musl',
  'darwin-x64',
  'darwin-arm64',
  'win32-x64-msvc',
  'win32-arm64-msvc',
]);

/** @typedef {{ excludeNetwork?: boolean, getReport(): { header: { glibcVersionRuntime?: string } } }} Report */

/**
 * The version of glibc in this process, such as `2.36`; undefined where the C library is another one.
 *
 * @returns {string | undefined}
 */
function glibcVersion() {
  const report = /** @type {Report | undefined} */ (process.report);
  if (!report) return undefined;
  // A report looks up the names of all open sockets, which can take seconds where DNS does not answer.
  const { excludeNetwork } = report;
  report.excludeNetwork = true;
  try {
    return report.getReport().header.glibcVersionRuntime;
  } finally {
    report.excludeNetwork = excludeNetwork;
  }
}

/** The name of the platform that this process runs on, whether there is an addon for it or not. */
function platformName() {
  const { platform, arch } = process;
  if (platform === 'linux') return `linux-${arch}-${glibcVersion() ? 'gnu' : 'musl'}`;
  if (platform === 'win32') return `win32-${arch}-msvc`;
  return `${platform}-${arch}`;
}

module.exports = { PLATFORMS, glibcVersion, platformName };
