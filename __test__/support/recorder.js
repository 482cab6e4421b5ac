'use strict';

// A plain node:http server on loopback that answers by a function and writes down every request.

const http = require('node:http');

class Recorder {
  requests = [];

  /** @param {(request: { method: string, path: string, body: string, headers: object }) => object | undefined} answer */
  constructor(answer) {
    this.answer = answer;
    this.server = http.createServer(async (request, response) => {
      let body = '';
      request.setEncoding('utf8');
      for await (const chunk of request) body += chunk;
      const { method, url: path, headers } = request;
      const seen = { method, path, headers, body };
      this.requests.push(seen);
      const { status = 200, headers: extra = {}, json, text = '' } = this.answer(seen) ?? { status: 404 };
      response.writeHead(status, { ...(json && { 'content-type': 'application/json' }), ...extra });
      response.end(json ? JSON.stringify(json) : text);
    });
  }

  async listen() {
    await new Promise((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    this.port = this.server.address().port;
    this.url = `http://127.0.0.1:${this.port}`;
    return this;
  }

  async stop() {
    const closed = new Promise((resolve) => this.server.close(resolve));
    this.server.closeAllConnections();
    await closed;
  }
}

/** Stops after each test what `record` started. Call it once, at the top of the suite. */
function newRecorders() {
  const running = [];
  afterEach(() => Promise.all(running.splice(0).map((recorder) => recorder.stop())));
  return async function record(answer) {
    const recorder = await new Recorder(answer).listen();
    running.push(recorder);
    return recorder;
  };
}

module.exports = { newRecorders };
