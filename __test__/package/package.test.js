'use strict';

// The package as users get it: packed, installed by npm from a registry on this machine into an empty folder
// without a compiler, and used there by programs of all kinds.

const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');

const { PLATFORMS, platformName } = require('../../lib/platforms.js');
const { Consumer } = require('../../scripts/lib/consumer.js');
const dependencies = require('../../scripts/lib/dependencies.js');
const manifests = require('../../scripts/lib/manifests.js');
const { LocalRegistry } = require('../../scripts/lib/local-registry.js');
const tarball = require('../../scripts/lib/tarball.js');
const versions = require('../../scripts/lib/versions.js');

jest.setTimeout(300_000);

const root = path.join(__dirname, '..', '..');
const platform = platformName();
const repository = JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8'));
const glibc = platform.endsWith('-gnu');

let dist;
let packed;
let registry;
let consumer;

/** Runs a tool of this repository. */
function tool(args, cwd = root) {
  const env = { ...process.env, NO_COLOR: '1' };
  // What Jest was started with is no business of the tools.
  for (const name of ['NODE_OPTIONS', 'JEST_WORKER_ID', 'FORCE_COLOR']) delete env[name];
  return spawnSync(process.execPath, args, { cwd, env, encoding: 'utf8' });
}

const program = (name) => path.join(__dirname, 'consumer', name);
/** One that `scripts/smoke.js` runs too. */
const smoke = (name) => path.join(root, 'scripts', 'smoke', name);

beforeAll(async () => {
  dist = fs.mkdtempSync(path.join(os.tmpdir(), 'cxone-dtmf-dist-'));
  // The addon as it stands: `npm test` has built it before Jest runs.
  const ended = tool(['scripts/pack.js', '--json', '--no-build', '--out', dist]);
  if (ended.status !== 0) throw new Error(`pack failed:\n${ended.stderr}`);
  packed = JSON.parse(ended.stdout);
  const announced = PLATFORMS.map((name) => manifests.platformManifest(repository, name));
  registry = await LocalRegistry.open(dist, announced);
  consumer = new Consumer();
  const installed = await consumer.install([`cxone-dtmf@${repository.version}`], registry.url);
  if (installed.code !== 0) throw new Error(`npm install failed:\n${installed.stderr}`);
});

afterAll(async () => {
  await registry?.close();
  consumer?.remove();
  if (dist) fs.rmSync(dist, { recursive: true, force: true });
});

describe('the tarballs', () => {
  const content = (name) => {
    const { file } = packed.packages.find((entry) => entry.name === name);
    return tarball.read(file);
  };

  test('are those of this platform and the main package, the latter last', () => {
    const names = packed.packages.map(({ name }) => name);
    expect(names).toEqual([manifests.packageName(platform), 'cxone-dtmf']);
    const [{ addon }] = packed.packages;
    expect(addon.bytes).toBeLessThanOrEqual(10_000_000);
    expect(addon.stripped).toBe(platform.startsWith('linux') ? true : null);
  });

  test('the main package has what its users load and read, and nothing else', () => {
    const files = content('cxone-dtmf');
    const known =
      /^(package\.json|README\.md|LICENSE|CHANGELOG\.md|docs\/(errors|options)\.md|(index|simulator)\.(js|mjs|d\.ts|d\.mts)|(lib|bin)\/[\w/-]+\.[cm]?js)$/;
    expect([...files.keys()].filter((name) => !known.test(name))).toEqual([]);
    const documents = ['README.md', 'LICENSE', 'CHANGELOG.md'].filter((name) =>
      fs.existsSync(path.join(root, name)),
    );
    // `error.docs` points into the first of the pages.
    documents.push('docs/errors.md', 'docs/options.md');
    expect([...files.keys()]).toEqual(expect.arrayContaining(documents));

    const manifest = JSON.parse(String(files.get('package.json')));
    const targets = JSON.stringify([manifest.main, manifest.types, manifest.exports, manifest.bin]).match(
      /(?<=")\.?\/?[\w./-]+\.\w+(?=")/g,
    );
    const absent = targets
      .map((name) => path.posix.normalize(name))
      .filter((name) => !files.has(name) && !name.endsWith('/'));
    expect(absent).toEqual([]);
  });

  test('the main package names every platform at its own version and runs nothing on installation', () => {
    const manifest = JSON.parse(String(content('cxone-dtmf').get('package.json')));
    const expected = Object.fromEntries(PLATFORMS.map((name) => [`@cxone-dtmf/${name}`, repository.version]));
    expect(manifest.optionalDependencies).toEqual(expected);
    for (const key of ['scripts', 'dependencies', 'devDependencies', 'private', 'napi']) {
      expect(manifest).not.toHaveProperty(key);
    }
    expect(repository).not.toHaveProperty('optionalDependencies');
  });

  test('the platform package has the addon, its terms and its conditions', () => {
    const name = manifests.packageName(platform);
    const files = content(name);
    const addon = `cxone-dtmf.${platform}.node`;
    const expected = ['LICENSE', 'README.md', 'THIRD-PARTY-LICENSES.txt', addon, 'package.json'];
    expect([...files.keys()].sort()).toEqual(expected.sort());
    const manifest = JSON.parse(String(files.get('package.json')));
    expect(manifest).toMatchObject({
      name,
      version: repository.version,
      main: addon,
      os: [process.platform],
      cpu: [process.arch],
      license: repository.license,
      engines: repository.engines,
    });
    expect(manifest).not.toHaveProperty('scripts');
    const licences = String(files.get('THIRD-PARTY-LICENSES.txt'));
    for (const crate of ['rustls', 'tokio', 'webpki-roots']) expect(licences).toContain(`\n${crate} `);
    expect(licences).toContain('Community Data License Agreement');
  });

  test('publint finds nothing', () => {
    const publint = dependencies.tool(root, 'publint');
    for (const { file } of packed.packages) {
      const ended = tool([publint, 'run', file, '--strict']);
      expect(`${ended.stdout}${ended.stderr}`).toContain('All good!');
      expect(ended.status).toBe(0);
    }
  });

  test('attw finds nothing at any entry point', () => {
    const attw = dependencies.tool(root, '@arethetypeswrong/cli', 'attw');
    const { file } = packed.packages.at(-1);
    const ended = tool([attw, file, '--format', 'json']);
    const { analysis, problems } = JSON.parse(ended.stdout);
    expect(Object.keys(analysis.entrypoints).sort()).toEqual(['.', './package.json', './simulator']);
    expect(problems ?? {}).toEqual({});
    expect(ended.status).toBe(0);
  });
});

describe('a release', () => {
  let folder;

  beforeEach(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'cxone-dtmf-release-'));
  });

  afterEach(() => fs.rmSync(folder, { recursive: true }));

  test('is not packed without the addons of all platforms', () => {
    const ended = tool(['scripts/pack.js', '--addons', folder, '--out', folder]);
    expect(ended).toMatchObject({ status: 1, stdout: '' });
    expect(ended.stderr).toMatch(/^(CHANGELOG\.md|package\.json|README\.md|There is no addon)/m);
    expect(fs.readdirSync(folder)).toEqual([]);
  });

  const places = ['package.json', 'package-lock.json', 'Cargo.toml', 'Cargo.lock', 'CHANGELOG.md'];

  /** Copies the places of the version, with the first match of `from` replaced in one of them. */
  function changed(place, from, to) {
    for (const name of places) {
      const text = fs.readFileSync(path.join(root, name), 'utf8');
      fs.writeFileSync(path.join(folder, name), name === place ? text.replace(from, to) : text);
    }
  }

  test.each([
    ['package-lock.json', /("version": ")[^"]+/],
    ['Cargo.toml', /(\nversion = ")[^"]+/],
    ['Cargo.lock', /(name = "cxone-dtmf"\r?\nversion = ")[^"]+/],
  ])('has one version, also in %s', (place, from) => {
    changed();
    expect(versions.problems(folder, { release: false })).toEqual([]);
    changed(place, from, '$19.9.9');
    const problems = versions.problems(folder, { release: false });
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(`${place} has 9.9.9`);
  });

  test('has a date in the changelog', () => {
    const heading = /^## \d\S* \(.*\)$/m;
    const undated = (problem) => problem.startsWith('CHANGELOG.md');
    changed('CHANGELOG.md', heading, `## ${repository.version} (unreleased)`);
    expect(versions.problems(folder, { release: true }).filter(undated)).toHaveLength(1);
    changed('CHANGELOG.md', heading, `## ${repository.version} (2026-12-31)`);
    expect(versions.problems(folder, { release: true }).filter(undated)).toEqual([]);
  });
});

describe('the platforms', () => {
  test('are the targets that are built, in the same order', () => {
    const systems = { linux: 'unknown-linux', darwin: 'apple-darwin', win32: 'pc-windows' };
    const targets = PLATFORMS.map((name) => {
      const [system, cpu, abi] = name.split('-');
      return [{ x64: 'x86_64', arm64: 'aarch64' }[cpu], systems[system], abi].filter(Boolean).join('-');
    });
    expect(repository.napi.targets).toEqual(targets);
  });

  test.each(PLATFORMS)('%s has a package that npm installs only there', (name) => {
    const [system, cpu, abi] = name.split('-');
    const manifest = manifests.platformManifest(repository, name);
    const libc = { gnu: ['glibc'], musl: ['musl'] }[abi];
    expect(manifest).toMatchObject({ os: [system], cpu: [cpu] });
    expect(manifest.libc).toEqual(libc);
  });
});

describe('npm install', () => {
  test('installs the package and the addon of this platform only', () => {
    const names = packed.packages.map(({ file }) => path.basename(file));
    expect([...registry.fetched].sort()).toEqual(names.sort());
    expect(fs.readdirSync(path.join(consumer.folder, 'node_modules', '@cxone-dtmf'))).toEqual([platform]);
  });

  test('notes every platform in the lock file, so that it serves on all of them', () => {
    const lock = JSON.parse(fs.readFileSync(path.join(consumer.folder, 'package-lock.json'), 'utf8'));
    for (const name of PLATFORMS) {
      expect(lock.packages).toHaveProperty([`node_modules/@cxone-dtmf/${name}`]);
    }
  });
});

describe('a user runs', () => {
  const accepted = { code: 0, stdout: 'accepted\n', stderr: '' };

  test.each(['commonjs.cjs', 'module.mjs'])('%s', async (name) => {
    expect(await consumer.node([consumer.take(smoke(name))])).toEqual({
      ...accepted,
      stdout: expect.stringMatching(/accepted\n$/),
    });
  });

  const compile = (options, files) => {
    const tsc = dependencies.tool(root, 'typescript', 'tsc');
    const compilerOptions = {
      target: 'es2022',
      lib: ['es2022'],
      strict: true,
      exactOptionalPropertyTypes: true,
      skipLibCheck: false,
      // What a user has as @types/node.
      typeRoots: [path.join(root, 'node_modules', '@types')],
      types: ['node'],
      ...options,
    };
    consumer.write('tsconfig.json', JSON.stringify({ compilerOptions, files }));
    return consumer.node([tsc, '-p', 'tsconfig.json']);
  };

  test('TypeScript with module node16, as CommonJS and as ES module', async () => {
    const files = ['cts', 'mts'].map((type) => consumer.take(program('typescript.ts'), `typescript.${type}`));
    expect(await compile({ module: 'node16', outDir: 'out' }, files)).toEqual({
      code: 0,
      stdout: '',
      stderr: '',
    });
    for (const compiled of ['out/typescript.cjs', 'out/typescript.mjs']) {
      const ended = await consumer.node([compiled]);
      expect(ended).toMatchObject({ code: 0, stderr: '' });
      expect(ended.stdout).toMatch(/accepted\n$/);
    }
  });

  test('TypeScript with a bundler', async () => {
    const files = [consumer.take(program('typescript.ts'))];
    const options = { module: 'esnext', moduleResolution: 'bundler', isolatedModules: true, noEmit: true };
    expect(await compile(options, files)).toEqual({ code: 0, stdout: '', stderr: '' });
  });

  test('Jest', async () => {
    consumer.take(program('jest.js'), 'consumer.test.js');
    const ended = await consumer.node([
      dependencies.tool(root, 'jest'),
      '--config={"testEnvironment":"node"}',
      `--rootDir=${consumer.folder}`,
      '--watchman=false',
      '--cache=false',
    ]);
    expect(ended.stderr).toContain('Tests:       2 passed, 2 total');
    expect(ended.stderr).not.toContain('did not exit');
    expect(ended.code).toBe(0);
  });

  test('node:test', async () => {
    const ended = await consumer.node([
      '--test',
      consumer.take(program('node-test.mjs'), 'consumer.test.mjs'),
    ]);
    expect(ended.stdout).toMatch(/pass 1\b/);
    expect(ended.stdout).toMatch(/fail 0\b/);
    expect(ended.code).toBe(0);
  });
});

describe('without a fitting addon', () => {
  const scope = () => path.join(consumer.folder, 'node_modules', '@cxone-dtmf');
  const folder = () => path.join(scope(), platform);
  const addon = () => path.join(folder(), `cxone-dtmf.${platform}.node`);
  let backup;

  beforeEach(() => {
    backup = path.join(consumer.root, 'backup');
    fs.cpSync(scope(), backup, { recursive: true });
  });

  afterEach(() => {
    fs.rmSync(scope(), { recursive: true, force: true });
    fs.cpSync(backup, scope(), { recursive: true });
    fs.rmSync(backup, { recursive: true });
  });

  /** What loading the package throws, after some lines of JavaScript that pretend to be elsewhere. */
  async function refusal(before = '') {
    const source = `${before}
      try { require('cxone-dtmf'); console.log('{}'); }
      catch ({ code, message, name, cause }) { console.log(JSON.stringify({ code, message, name, caused: Boolean(cause) })); }`;
    const ended = await consumer.node(['-e', source]);
    expect(ended).toMatchObject({ code: 0, stderr: '' });
    const error = JSON.parse(ended.stdout);
    expect(error).toMatchObject({ code: 'ERR_DTMF_NO_ADDON', name: 'Error' });
    return error;
  }

  test('the package is not installed', async () => {
    fs.rmSync(folder(), { recursive: true });
    const { message } = await refusal();
    expect(message).toContain('is not installed');
    expect(message).toContain(platform);
    expect(message).toContain(`Node.js ${process.version}`);
    expect(message).toContain(`@cxone-dtmf/${platform} ${repository.version}`);
    expect(message).toContain('npm install --include=optional');
    expect(message).not.toContain('installed:');
    if (glibc) expect(message).toMatch(/glibc \d+\.\d+/);
  });

  test('the remedy of the message helps', async () => {
    fs.rmSync(folder(), { recursive: true });
    await consumer.install(['--include=optional'], registry.url);
    expect(fs.existsSync(addon())).toBe(true);
  });

  test('the installed addon is for another C library', async () => {
    const elsewhere = `Object.defineProperty(process, 'platform', { value: 'linux' });
      process.report.getReport = () => ({ header: {} });`;
    const musl = `linux-${process.arch}-musl`;
    if (platform === musl) return;
    const { message } = await refusal(elsewhere);
    expect(message).toContain(`platform:  ${musl}`);
    expect(message).toContain(`missing:   @cxone-dtmf/${musl} ${repository.version}`);
    expect(message).toContain(`installed: @cxone-dtmf/${platform}`);
    expect(message).toContain('do not copy node_modules');
  });

  test('nobody builds an addon for the platform', async () => {
    const { message } = await refusal("Object.defineProperty(process, 'platform', { value: 'freebsd' });");
    expect(message).toContain('no compiled addon for this platform');
    expect(message).toContain(`freebsd-${process.arch}`);
    for (const name of PLATFORMS) expect(message).toContain(name);
  });

  test('its version is another', async () => {
    const file = path.join(folder(), 'package.json');
    const manifest = JSON.parse(fs.readFileSync(file, 'utf8'));
    fs.writeFileSync(file, JSON.stringify({ ...manifest, version: '0.0.1' }));
    const { message } = await refusal();
    expect(message).toContain('different versions');
    expect(message).toContain(`@cxone-dtmf/${platform} 0.0.1`);
    expect(message).toContain(`npm install cxone-dtmf@${repository.version}`);
  });

  test('its file is damaged', async () => {
    fs.writeFileSync(addon(), 'no addon');
    const { message, caused } = await refusal();
    expect(message).toContain('refuses to load it');
    expect(message).toContain(addon());
    expect(message).toContain('damaged');
    expect(caused).toBe(true);
  });

  (glibc ? test : test.skip)('it needs a newer glibc', async () => {
    const [{ addon: found }] = packed.packages;
    const needed = `GLIBC_${found.glibc}\0`;
    const newer = needed.replace(/\d\d\0/, '99\0');
    const file = fs.readFileSync(addon()).toString('latin1');
    fs.writeFileSync(addon(), Buffer.from(file.replaceAll(needed, newer), 'latin1'));
    const { message } = await refusal();
    expect(message).toMatch(/needs glibc 2\.99 and this system has \d+\.\d+/);
    expect(message).toContain('newer system or container image');
  });
});
