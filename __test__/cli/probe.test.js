'use strict';

// The way that `doctor` takes to a host, proxies included, over real sockets.

const http = require('node:http');
const net = require('node:net');

const { probe } = require('../../lib/cli/probe.js');
const { proxyFor, variablesSet } = require('../../lib/cli/proxy.js');
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

const ask = (url, options = {}) =>
  probe(new URL(url), { ca: [], signal: new AbortController().signal, timeoutMs: 5000, ...options });

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
  const found = await ask(silent, { timeoutMs: 300 });
  expect(found.reached).toBe(true);
  expect(found.skewMs).toBeUndefined();
});

test('what is wrong is said in words', async () => {
  expect(await ask(await deadUrl())).toEqual({ reached: false, reason: 'nobody accepts connections there' });
  const plain = await listen(http.createServer());
  const { reached, reason } = await ask(plain.replace('http:', 'https:'));
  expect({ reached, reason }).toEqual({ reached: false, reason: expect.stringMatching(/TLS|reset/) });
});

test('an abort ends it at once', async () => {
  const url = await listen(net.createServer());
  const controller = new AbortController();
  const asking = ask(url, { signal: controller.signal });
  controller.abort(new Error('over'));
  await expect(asking).rejects.toThrow('over');
  await expect(ask(url, { signal: controller.signal })).rejects.toThrow('over');
});

describe('through a proxy', () => {
  const target = 'https://api.example.test/base';

  async function through(onConnect, [username, password] = ['', '']) {
    const proxy = new URL(await listen(http.createServer().on('connect', onConnect)));
    return ask(target, { proxy: Object.assign(proxy, { username, password }) });
  }

  test('it is asked for the host, with its user and password', async () => {
    let asked;
    const found = await through(
      (request, socket) => {
        asked = [request.url, request.headers['proxy-authorization']];
        socket.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n');
      },
      ['us@er', 'pass'],
    );
    expect(asked).toEqual(['api.example.test:443', `Basic ${Buffer.from('us@er:pass').toString('base64')}`]);
    expect(found).toEqual({ reached: false, reason: expect.stringContaining('declined with 407') });
  });

  test('the handshake begins inside of the tunnel', async () => {
    let first;
    const found = await through((_request, socket) => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      socket.once('data', (data) => {
        [first] = data;
        socket.destroy();
      });
    });
    // 22 is the type of a TLS handshake record (RFC 8446 §5.1).
    expect(first).toBe(22);
    expect(found.reached).toBe(false);
  });

  test('a proxy that is not there is named', async () => {
    const found = await ask(target, { proxy: new URL(await deadUrl()) });
    expect(found).toEqual({ reached: false, reason: 'the proxy does not answer' });
  });

  test('one that never answers runs out of time', async () => {
    const proxy = new URL(await listen(net.createServer()));
    const found = await ask(target, { proxy, timeoutMs: 300 });
    expect(found).toEqual({ reached: false, reason: expect.stringContaining('no connection within') });
  });
});

describe('which proxy', () => {
  const env = {
    HTTPS_PROXY: 'http://proxy.test:1',
    NO_PROXY: 'internal.test, .dot.test,10.0.0.0/8,192.0.2.7',
  };
  test.each([
    ['https://api.example.test', undefined, env, undefined],
    ['https://api.example.test', 'env', env, 'proxy.test:1'],
    ['https://api.example.test', 'env', {}, undefined],
    ['https://api.example.test', 'env', { all_proxy: 'bare.test:2' }, 'bare.test:2'],
    ['https://api.example.test', 'env', { HTTP_PROXY: 'http://proxy.test' }, undefined],
    ['https://internal.test', 'env', env, undefined],
    ['https://api.internal.test', 'env', env, undefined],
    ['https://notinternal.test', 'env', env, 'proxy.test:1'],
    ['https://a.dot.test', 'env', env, undefined],
    ['https://10.1.2.3', 'env', env, undefined],
    ['https://11.1.2.3', 'env', env, 'proxy.test:1'],
    ['https://192.0.2.7', 'env', env, undefined],
    ['https://api.example.test', 'env', { ...env, NO_PROXY: '*' }, undefined],
    ['https://internal.test', 'http://own.test:3', env, 'own.test:3'],
    ['http://127.0.0.1:1', 'http://own.test:3', env, undefined],
    ['https://localhost', 'env', env, undefined],
    ['https://[::1]', 'env', env, undefined],
  ])('to %s with %s', (url, choice, variables, host) => {
    expect(proxyFor(new URL(url), choice, variables)?.host).toBe(host);
  });

  test('variables that are set count, empty ones do not', () => {
    expect(variablesSet({ HTTPS_PROXY: ' ', ALL_PROXY: 'a.test' })).toEqual(['ALL_PROXY']);
  });
});
