'use strict';

// Ways to a platform: TLS in front of it, and a proxy that leads any name to it.

const http = require('node:http');
const net = require('node:net');
const tls = require('node:tls');

/** Listens on a free port of 127.0.0.1 and ends all its connections when stopped. */
class Listener {
  /** Connections so far. */
  connections = 0;
  #server;
  #sockets = new Set();

  /** @param {net.Server} server */
  constructor(server) {
    this.#server = server;
    server.on('connection', (socket) => {
      this.connections += 1;
      this.#sockets.add(socket);
      socket.on('error', () => {});
      socket.once('close', () => this.#sockets.delete(socket));
    });
  }

  async listen() {
    await new Promise((resolve) => this.#server.listen(0, '127.0.0.1', () => resolve(undefined)));
    this.port = this.#server.address().port;
    return this;
  }

  async stop() {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }
}

/** Both directions, until either side ends. */
function join(one, other) {
  one.pipe(other).pipe(one);
  for (const [here, there] of [
    [one, other],
    [other, one],
  ]) {
    here.on('error', () => there.destroy());
    here.once('close', () => there.destroy());
  }
}

/** Leads to a platform as it is, and counts the connections. */
class TcpFront extends Listener {
  /** @param {number} port of the platform */
  constructor(port) {
    super(net.createServer((socket) => join(socket, net.connect(port, '127.0.0.1'))));
  }
}

/** Takes TLS off in front of a platform. */
class TlsFront extends Listener {
  /**
   * @param {{ key: string | Buffer, cert: string }} identity
   * @param {number} port of the platform
   */
  constructor(identity, port) {
    const server = tls.createServer(identity, (socket) => join(socket, net.connect(port, '127.0.0.1')));
    server.on('tlsClientError', () => {});
    super(server);
  }
}

/** A forward proxy. Every name leads to the same machine: `https` into the tunnel's port, `http` to the other. */
class TestProxy extends Listener {
  /** The heads of tunnels and requests, in order. */
  heads = [];
  /** What `Proxy-Authorization` must be. */
  credentials;

  /** @param {{ tunnel?: number, forward?: number, credentials?: string }} ways */
  constructor({ tunnel = 0, forward = 0, credentials }) {
    const server = http.createServer((request, response) => {
      this.#note(request);
      const { pathname } = new URL(request.url);
      const { method, headers } = request;
      const onward = http.request({ port: forward, host: '127.0.0.1', path: pathname, method, headers });
      onward.on('response', (answer) => {
        response.writeHead(answer.statusCode, answer.headers);
        answer.pipe(response);
      });
      onward.on('error', () => response.destroy());
      request.pipe(onward);
    });
    server.on('connect', (request, socket) => {
      this.#note(request);
      if (this.credentials && request.headers['proxy-authorization'] !== this.credentials) {
        socket.end('HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n');
        return;
      }
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      join(socket, net.connect(tunnel, '127.0.0.1'));
    });
    super(server);
    this.credentials = credentials;
  }

  #note({ method, url, headers }) {
    this.heads.push({ method, url, headers });
  }
}

/** Ends after each test what was opened in it. Call it once, at the top of the suite. */
function newWays() {
  const open = [];
  afterEach(async () => {
    await Promise.all(open.splice(0).map((listener) => listener.stop()));
  });
  const start = async (listener) => {
    open.push(await listener.listen());
    return listener;
  };
  return {
    tcp: (platform) => start(new TcpFront(portOf(platform))),
    tls: (identity, platform) => start(new TlsFront(identity, portOf(platform))),
    proxy: (ways) => start(new TestProxy(ways)),
  };
}

function portOf(platform) {
  return Number(new URL(platform.url).port);
}

module.exports = { newWays, portOf };
