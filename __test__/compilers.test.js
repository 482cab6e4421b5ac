'use strict';

// The typings as a user's compiler reads them: the oldest that is promised, the newest of each line, and projects that
// know neither Node.js nor a browser.

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');

const { ROOT, startNode } = require('./support/child');
const { tool } = require('../scripts/lib/dependencies.js');

jest.setTimeout(300_000);

/** By the names in package.json. */
const OLDEST = 'typescript-oldest';
const COMPILERS = [OLDEST, 'typescript-5', 'typescript', 'typescript-7'];

const PROGRAMS = path.join(__dirname, 'types', 'consumer');

/** Kinds of projects: what each sets, and which programs it has. */
const PROJECTS = {
  'without a runtime': { settings: { types: [], skipLibCheck: false }, programs: ['bare'] },
  'without a runtime or a check of typings': {
    settings: { types: [], skipLibCheck: true },
    programs: ['bare'],
  },
  'of a browser': {
    settings: { types: [], lib: ['es2022', 'dom'], skipLibCheck: true },
    programs: ['bare', 'runtime'],
  },
  'of Node.js': { settings: { types: ['node'], skipLibCheck: true }, programs: ['bare', 'runtime'] },
  'that disposes': {
    settings: { types: [], lib: ['es2022', 'esnext.disposable'], skipLibCheck: false },
    programs: ['bare', 'disposal'],
    without: [OLDEST],
  },
};

let folder;

beforeAll(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'cxone-dtmf-compilers-'));
  // The typings alone, so that nothing beside them is found.
  const home = path.join(folder, 'node_modules', 'cxone-dtmf');
  fs.mkdirSync(home, { recursive: true });
  const typings = fs.readdirSync(ROOT).filter((name) => /\.d\.m?ts$/.test(name));
  for (const name of ['package.json', ...typings])
    fs.copyFileSync(path.join(ROOT, name), path.join(home, name));
});

afterAll(() => fs.rmSync(folder, { recursive: true, force: true }));

/** Compiles programs both as CommonJS and as ES modules; what the compiler says of them. */
async function compile(compiler, { settings, programs }) {
  const home = fs.mkdtempSync(path.join(folder, 'project-'));
  const files = programs.flatMap((program) => ['cts', 'mts'].map((type) => `${program}.${type}`));
  for (const file of files)
    fs.copyFileSync(path.join(PROGRAMS, `${path.parse(file).name}.ts`), path.join(home, file));
  const compilerOptions = {
    target: 'es2022',
    lib: ['es2022'],
    module: 'node16',
    moduleResolution: 'node16',
    strict: true,
    exactOptionalPropertyTypes: true,
    noEmit: true,
    typeRoots: [path.join(ROOT, 'node_modules', '@types')],
    ...settings,
  };
  fs.writeFileSync(path.join(home, 'tsconfig.json'), JSON.stringify({ compilerOptions, files }));
  const { code, stdout, stderr } = await startNode([tool(ROOT, compiler, 'tsc'), '-p', home]).ended;
  return { code, said: stdout + stderr };
}

const version = (compiler) =>
  JSON.parse(fs.readFileSync(path.join(ROOT, 'node_modules', compiler, 'package.json'), 'utf8')).version;

describe.each(COMPILERS)('%s', (compiler) => {
  const suited = Object.entries(PROJECTS).filter(([, { without }]) => !without?.includes(compiler));
  test.each(suited)('compiles a project %s', async (_, project) => {
    expect(await compile(compiler, project)).toEqual({ code: 0, said: '' });
  });
});

test('the oldest is the one that the README and the typings name', () => {
  const [major, minor] = version(OLDEST).split('.');
  for (const name of ['README.md', 'index.d.ts'])
    expect(fs.readFileSync(path.join(ROOT, name), 'utf8')).toContain(`TypeScript ${major}.${minor} or newer`);
});
