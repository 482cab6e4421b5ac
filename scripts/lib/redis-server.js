'use strict';

// A Redis or Valkey server of one's own: a process on a free port of 127.0.0.1 that keeps nothing.

const { spawn } = require('node:child_process');
const fs = require('node:fs');
const net = require('node:net');
const os = require('node:os');
const path = require('node:path');
const { setTimeout: delay } = require('node:timers/promises');

const { REMEDY, find } = require('./redis.js');

/** How long a server may take to start, in milliseconds. */
const START_MS = 30_000;
/** A server waits 5 seconds for more replicas before it serves the first one, unless told otherwise. */
const NO_DELAY = ['--repl-diskless-sync-delay', '0'];
/** Another process may take the free port before the server does. */
const PORTS_TO_TRY = 5;

/** @returns {Promise<number>} */
function freePort() {
  return new Promise((resolve, reject) => {
    const server = net.createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = /** @type {net.AddressInfo} */ (server.address());
      server.close(() => resolve(port));
    });
  });
}

/**
 * Whether something answers there as Redis does. A refusal is an answer too: a password may be asked for.
 *
 * @param {number} port
 * @returns {Promise<boolean>}
 */
function answers(port) {
  return new Promise((resolve) => {
    const socket = net.connect(port, '127.0.0.1', () => socket.write('PING\r\n'));
    const end = (/** @type {boolean} */ answered) => {
      socket.destroy();
      resolve(answered);
    };
    socket.setTimeout(1000, () => end(false)).on('error', () => end(false));
    socket.once('data', (bytes) => end(/^(\+PONG|-NOAUTH)/.test(String(bytes))));
  });
}

/** What a Sentinel is told; it rewrites its file. A master is down after this many milliseconds. */
const SENTINEL = [
  'sentinel down-after-milliseconds main 1000',
  'sentinel failover-timeout main 5000',
  'sentinel parallel-syncs main 1',
];

class RedisServer {
  /** @type {import('node:child_process').ChildProcess | undefined} */
  #process;
  #arguments;
  #folder;

  /**
   * @param {number} port
   * @param {string[]} args
   */
  constructor(port, args) {
    this.port = port;
    this.url = `redis://127.0.0.1:${port}`;
    this.#arguments = args;
    this.#folder = fs.mkdtempSync(path.join(os.tmpdir(), 'cxone-dtmf-redis-'));
  }

  /**
   * @param {string[]} args further arguments, such as `['--requirepass', 'x']`
   */
  static async start(args = []) {
    for (let tries = 0; tries < PORTS_TO_TRY; tries += 1) {
      const server = new this(await freePort(), args);
      if (await server.#run()) return server;
      await server.stop();
    }
    throw new Error(`the Redis server did not start: ${args.join(' ')}`);
  }

  /**
   * A Sentinel that knows this server as the master `main`.
   */
  async sentinel() {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'cxone-dtmf-sentinel-'));
    const file = path.join(folder, 'sentinel.conf');
    const monitor = `sentinel monitor main 127.0.0.1 ${this.port} 1`;
    fs.writeFileSync(file, [monitor, ...SENTINEL, ''].join('\n'));
    const Server = /** @type {typeof RedisServer} */ (this.constructor);
    return Server.start([file, '--sentinel']);
  }

  /** Stops the process where it stands: connections stay, and nothing is answered. */
  freeze() {
    this.#process?.kill('SIGSTOP');
  }

  thaw() {
    this.#process?.kill('SIGCONT');
  }

  /** Ends it at once, as a power failure does. */
  async kill() {
    const child = this.#process;
    this.#process = undefined;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once('close', resolve));
    child.kill('SIGKILL');
    await ended;
  }

  /** Starts it again on its port, with nothing in it. */
  async restart() {
    await this.kill();
    const end = performance.now() + START_MS;
    while (!(await this.#run())) {
      if (performance.now() > end) throw new Error('the Redis server did not start again on its port');
    }
  }

  async stop() {
    await this.kill();
    fs.rmSync(this.#folder, { recursive: true, force: true });
  }

  /** Whether it listens now; not so when the process ended, as it does when its port is taken. */
  async #run() {
    const program = find();
    if (!program) throw new Error(`there is no Redis server: ${REMEDY}`);
    const usual = ['--port', this.port, '--bind', '127.0.0.1', '--dir', this.#folder];
    const [first] = this.#arguments;
    // A file of settings comes first, and is that of a Sentinel, which keeps no data.
    const args = first?.startsWith('/')
      ? [...this.#arguments, ...usual].map(String)
      : [...usual, '--save', '', '--appendonly', 'no', ...NO_DELAY, ...this.#arguments].map(String);
    const child = spawn(program, args, { stdio: 'ignore' });
    this.#process = child;
    // Nothing stays behind when the program ends before it stops its servers.
    const kill = () => child.kill('SIGKILL');
    process.once('exit', kill);
    child.once('close', () => process.off('exit', kill));
    const end = performance.now() + START_MS;
    while (performance.now() < end && child.exitCode === null) {
      // The process last: another server may have answered on the port.
      if (await answers(this.port)) return child.exitCode === null;
      await delay(10);
    }
    return false;
  }
}

module.exports = { RedisServer, freePort };
