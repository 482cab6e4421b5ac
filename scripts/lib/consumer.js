'use strict';

// A user's project in an empty temporary folder: nothing of this repository, no compiler in its PATH.

const { spawn } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');

/** How long one program may take, in milliseconds. */
const PROGRAM_MS = 120_000;

/** npm's own program: the one that started this process, else the one beside this Node.js or in the PATH. */
function npmProgram() {
  const { npm_execpath: started, PATH = '' } = process.env;
  const beside = path.dirname(fs.realpathSync(process.execPath));
  const candidates = [
    started ?? '',
    path.join(beside, 'node_modules', 'npm', 'bin', 'npm-cli.js'),
    path.join(beside, '..', 'lib', 'node_modules', 'npm', 'bin', 'npm-cli.js'),
  ];
  for (const folder of PATH.split(path.delimiter)) {
    const link = path.join(folder, 'npm');
    if (fs.existsSync(link)) candidates.push(fs.realpathSync(link));
  }
  const found = candidates.find((file) => path.basename(file) === 'npm-cli.js' && fs.existsSync(file));
  if (!found) throw new Error('npm is not found: run this with npm in the PATH');
  return found;
}

/**
 * @typedef {object} Ended
 * @property {number | null} code
 * @property {string} stdout
 * @property {string} stderr
 */

class Consumer {
  constructor() {
    this.root = fs.mkdtempSync(path.join(os.tmpdir(), 'cxone-dtmf-consumer-'));
    /** The folder of the project. */
    this.folder = path.join(this.root, 'project');
    fs.mkdirSync(this.folder);
    fs.mkdirSync(path.join(this.root, 'nothing'));
    this.write('package.json', '{ "name": "consumer", "version": "1.0.0", "private": true }\n');
  }

  /**
   * @param {string} name
   * @param {string} text
   */
  write(name, text) {
    fs.writeFileSync(path.join(this.folder, name), text);
  }

  /**
   * Copies a program into the project.
   *
   * @param {string} file
   * @param {string} [name] its name there
   */
  take(file, name = path.basename(file)) {
    fs.copyFileSync(file, path.join(this.folder, name));
    return name;
  }

  /**
   * Installs packages with npm.
   *
   * @param {string[]} packages
   * @param {string} [registry] its URL; without one npm's usual registry
   */
  install(packages, registry) {
    const args = ['install', '--no-audit', '--no-fund', `--cache=${path.join(this.root, 'cache')}`];
    if (registry) args.push(`--registry=${registry}`);
    return this.node([npmProgram(), ...args, ...packages]);
  }

  /**
   * Runs Node.js in the project.
   *
   * @param {string[]} args
   * @returns {Promise<Ended>}
   */
  node(args) {
    const { SystemRoot, TEMP, TMP, TMPDIR } = process.env;
    const home = this.root;
    const child = spawn(process.execPath, args, {
      cwd: this.folder,
      // Not what this process was started with: neither cargo in the PATH nor npm's settings.
      env: {
        PATH: path.join(this.root, 'nothing'),
        HOME: home,
        USERPROFILE: home,
        APPDATA: home,
        LOCALAPPDATA: home,
        ...(SystemRoot && { SystemRoot }),
        ...(TEMP && { TEMP }),
        ...(TMP && { TMP }),
        ...(TMPDIR && { TMPDIR }),
        CI: '1',
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text) => (stderr += text));
    const killer = setTimeout(() => child.kill('SIGKILL'), PROGRAM_MS);
    return new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code) => {
        clearTimeout(killer);
        resolve({ code, stdout, stderr });
      });
    });
  }

  remove() {
    fs.rmSync(this.root, { recursive: true, force: true, maxRetries: 5 });
  }
}

module.exports = { Consumer };
