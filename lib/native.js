'use strict';

/**
 * Loads the addon: the one built here, else the platform package that npm installed.
 */

const fs = require('node:fs');
const path = require('node:path');

const { PLATFORMS, glibcVersion, platformName } = require('./platforms.js');

const ROOT = path.join(__dirname, '..');
const NAME = 'cxone-dtmf';
/** @type {string} */
const VERSION = JSON.parse(fs.readFileSync(path.join(ROOT, 'package.json'), 'utf8')).version;

/** @param {string} request */
function resolved(request) {
  try {
    return require.resolve(request);
  } catch {
    return undefined;
  }
}

/**
 * @param {string} title
 * @param {Record<string, string>} facts
 * @param {string[]} remedy
 * @param {unknown} [cause]
 */
function failure(title, facts, remedy, cause) {
  const lines = [title];
  for (const [name, value] of Object.entries(facts)) lines.push(`  ${`${name}:`.padEnd(11)}${value}`);
  lines.push('What to do:', ...remedy.map((line) => `  ${line}`));
  return Object.assign(new Error(lines.join('\n'), { cause }), { code: 'ERR_DTMF_NO_ADDON' });
}

/** @param {string} platform */
function runsOn(platform) {
  const glibc = glibcVersion();
  return `${platform}${glibc ? ` (glibc ${glibc})` : ''}, Node.js ${process.version}`;
}

/** @param {string} platform */
function unsupported(platform) {
  return failure(
    `${NAME} has no compiled addon for this platform.`,
    { platform: runsOn(platform), supported: PLATFORMS.join(', ') },
    ['Run it on one of these, or build it in a clone of its repository (npm run build; it needs Rust).'],
  );
}

/** @param {string} platform */
function missing(platform) {
  const others = PLATFORMS.filter((name) => resolved(`@${NAME}/${name}/package.json`));
  /** @type {Record<string, string>} */
  const facts = { platform: runsOn(platform), missing: `@${NAME}/${platform} ${VERSION}` };
  if (others.length > 0) facts.installed = `${others.map((name) => `@${NAME}/${name}`).join(', ')}`;
  if (fs.existsSync(path.join(ROOT, 'Cargo.toml'))) {
    return failure(`The compiled addon of ${NAME} is not built.`, facts, ['npm run build']);
  }
  const remedy = [
    'Install again on this platform, with optional dependencies:',
    '  npm install --include=optional',
  ];
  if (others.length > 0)
    remedy.push('What is installed is for another platform: do not copy node_modules between machines.');
  remedy.push(
    'If it stays missing, the lock file knows only the platform that wrote it:',
    'remove node_modules and the lock file, then run npm install.',
  );
  return failure(`The compiled addon of ${NAME} is not installed.`, facts, remedy);
}

/**
 * @param {string} platform
 * @param {string} installed the version of the platform package
 */
function mismatched(platform, installed) {
  return failure(
    `${NAME} and its compiled addon are of different versions.`,
    { platform: runsOn(platform), [NAME]: VERSION, addon: `@${NAME}/${platform} ${installed}` },
    [`npm install ${NAME}@${VERSION} --include=optional`],
  );
}

/**
 * @param {string} platform
 * @param {string} file
 * @param {unknown} cause
 */
function unloadable(platform, file, cause) {
  const [reason] = (cause instanceof Error ? cause.message : String(cause)).split('\n');
  const needed = /version [`'"]?GLIBC_([\d.]+)['"]? not found/.exec(reason)?.[1];
  const remedy = needed
    ? [
        `The addon needs glibc ${needed} and this system has ${glibcVersion()}: use a newer system or container image.`,
      ]
    : [
        'The file is damaged or made for another system. Remove node_modules, then run npm install on this machine.',
      ];
  return failure(
    `The compiled addon of ${NAME} is there, but the system refuses to load it.`,
    { platform: runsOn(platform), addon: file, cause: reason },
    remedy,
    cause,
  );
}

function load() {
  const platform = platformName();
  const packageName = `@${NAME}/${platform}`;
  const built = path.join(ROOT, `${NAME}.${platform}.node`);
  const file = fs.existsSync(built) ? built : resolved(packageName);
  if (!file) throw PLATFORMS.includes(platform) ? missing(platform) : unsupported(platform);
  if (file !== built) {
    const { version } = require(`${packageName}/package.json`);
    if (version !== VERSION) throw mismatched(platform, version);
  }
  try {
    return require(file);
  } catch (cause) {
    throw unloadable(platform, file, cause);
  }
}

/** @type {typeof import('./native.d.ts')} what the build wrote of it */
module.exports = load();
