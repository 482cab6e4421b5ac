'use strict';

// A bare HTTP server for the wires that `platform.js` does not speak: it writes down every request byte by byte,
// and answers with the steps that a test queued.

const http = require('node:http');

/**
 * A step: `status` (200), `headers`, `body` (an object becomes JSON), `cut` ends the connection within the body.
 * A request that no step is left for gets 404, so that one too many is seen.
 */
class Endpoint {
  /** Every request in order of arrival: method, path, headers, body. */
  requests = [];
  #steps = [];
  #sockets = new Set();
  #server;

  /** @param {http.Server} [server] */
  constructor(server = http.createServer()) {
    this.#server = server.on('request', (request, response) => {
      this.#handle(request, response).catch(() => request.destroy());
    });
    server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
    });
  }

  async listen() {
    await new Promise((resolve) => this.#server.listen(0, '127.0.0.1', () => resolve(undefined)));
    this.port = this.#server.address().port;
    this.url = `http://127.0.0.1:${this.port}`;
    return this;
  }

  async stop() {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    // One of HTTP/2 stays open as long as the client likes.
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  answer(...steps) {
    this.#steps.push(...steps);
  }

  async #handle(request, response) {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const { method, url, headers, httpVersion } = request;
    const body = Buffer.concat(chunks).toString();
    this.requests.push({ method, path: url, headers, httpVersion, body });
    const step = this.#steps.shift() ?? { status: 404, body: '' };
    const text = typeof step.body === 'string' ? step.body : JSON.stringify(step.body ?? {});
    const type = typeof step.body === 'string' ? 'text/html' : 'application/json';
    const length = step.cut ? { 'content-length': text.length + 10 } : {};
    response.writeHead(step.status ?? 200, { 'content-type': type, ...length, ...step.headers });
    if (step.cut) response.write(text, () => request.socket.destroy());
    else response.end(text);
  }
}

module.exports = { Endpoint };
