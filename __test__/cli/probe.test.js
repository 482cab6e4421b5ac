'use strict';

// How `doctor` asks whether a host is there, over real sockets.

const http = require('node:http');
const net = require('node:net');

const { CXoneAuthClient } = require('../..');
const { probe } = require('../../lib/cli/probe.js');
const { variablesSet } = require('../../lib/cli/proxy.js');
const { deadUrl } = require('../support/platform');

const servers = [];

afterEach(async () => {
  for (const { server, sockets } of servers.splice(0)) {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  }
});

/** Listens, and gives the address. */
async function listen(server) {
  const sockets = new Set();
  server.on('connection', (socket) => sockets.add(socket.on('error', () => {})));
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  servers.push({ server, sockets });
  return `http://127.0.0.1:${server.address().port}`;
}

const client = (options = {}) =>
  new CXoneAuthClient({
    authUrl: 'https://auth.example.test',
    clientId: 'a',
    clientSecret: 'b',
    timeoutMs: 2000,
    logger: false,
    ...options,
  });

const ask = (url, { auth = client(), signal = new AbortController().signal, isTokenEndpoint = false } = {}) =>
  probe(auth, new URL(url), { isTokenEndpoint, signal });

test('an answer is read for its date', async () => {
  const heads = [];
  const url = await listen(
    http.createServer((request, response) => {
      heads.push([request.method, request.url]);
      response.setHeader('date', new Date(Date.now() + 600_000).toUTCString());
      response.writeHead(500).end();
    }),
  );
  const { reached, skewMs } = await ask(`${url}/base`);
  expect(reached).toBe(true);
  expect(Math.abs(skewMs - 600_000)).toBeLessThan(300_000);
  expect(heads).toEqual([['HEAD', '/base']]);
});

test('a host that takes the connection and says nothing is there, without a time', async () => {
  const silent = await listen(net.createServer());
  const found = await ask(silent, { auth: client({ timeoutMs: 300 }) });
  expect(found.reached).toBe(true);
  expect(found.skewMs).toBeUndefined();
});

test('what is wrong is said in the words of the engine, which fit the host', async () => {
  const dead = await deadUrl();
  for (const isTokenEndpoint of [true, false]) {
    const { reached, reason } = await ask(dead, { isTokenEndpoint });
    expect(reached).toBe(false);
    expect(reason).toContain(isTokenEndpoint ? 'check authUrl' : 'at apiUrl');
  }
  const plain = await listen(http.createServer());
  const { reached, reason } = await ask(plain.replace('http:', 'https:'));
  expect({ reached, reason }).toEqual({ reached: false, reason: expect.stringContaining('TLS') });
});

test('an abort ends it at once', async () => {
  const url = await listen(net.createServer());
  const controller = new AbortController();
  const asking = ask(url, { signal: controller.signal });
  controller.abort(new Error('over'));
  await expect(asking).rejects.toThrow('over');
  await expect(ask(url, { signal: controller.signal })).rejects.toThrow('over');
});

test('it goes through the proxy of the client, and a refusal is told with its status', async () => {
  let asked;
  const proxy = await listen(
    http.createServer().on('connect', (request, socket) => {
      asked = [request.url, request.headers['proxy-authorization']];
      socket.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n');
    }),
  );
  const auth = client({ proxy: proxy.replace('://', '://us%40er:pass@') });
  const found = await ask('https://api.example.test/base', { auth });
  expect(asked).toEqual(['api.example.test:443', `Basic ${Buffer.from('us@er:pass').toString('base64')}`]);
  expect(found).toEqual({ reached: false, reason: expect.stringContaining('(407)') });
});

test('variables that are set count, empty ones do not', () => {
  expect(variablesSet({ HTTPS_PROXY: ' ', ALL_PROXY: 'a.test' })).toEqual(['ALL_PROXY']);
});
