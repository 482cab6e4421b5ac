'use strict';

const fs = require('node:fs');
const http = require('node:http');
const os = require('node:os');
const path = require('node:path');

const { command, SECRET } = require('./command');

jest.setTimeout(60_000);

const SETTINGS = {
  CXONE_AUTH_URL: 'https://auth.test',
  CXONE_API_URL: 'https://api.test',
  CXONE_CLIENT_ID: 'client-1',
  CXONE_CLIENT_SECRET: 'client-secret-1',
};

let folder;
let proxy;
let asked;
beforeEach(async () => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'cxone-dtmf-proxy-'));
  asked = [];
  proxy = http.createServer().on('connect', (request, socket) => {
    asked.push([request.url, request.headers['proxy-authorization']]);
    socket.end('HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\n\r\n');
  });
  await new Promise((resolve) => proxy.listen(0, '127.0.0.1', resolve));
});
afterEach(async () => {
  await new Promise((resolve) => proxy.close(resolve));
  fs.rmSync(folder, { recursive: true, force: true });
});

const url = () => `http://user:${SECRET}@127.0.0.1:${proxy.address().port}`;
const login = `Basic ${Buffer.from(`user:${SECRET}`).toString('base64')}`;

test.each(['inject', 'doctor'])(
  '%s refuses a password among its arguments, and says where it belongs',
  async (name) => {
    for (const value of [url(), url().replace('http://', ''), `https://${SECRET}@proxy.test`]) {
      const done = await command([name, '--proxy', value, '--json'], { env: SETTINGS, stdin: '12' });
      expect(done.code).toBe(2);
      expect(done.stdout).toMatch(
        /--proxy has a user or a password in it.*--proxy-file.*CXONE_PROXY.*HTTPS_PROXY/s,
      );
      expect(asked).toEqual([]);
    }
  },
);

test('all of these places lead to the proxy, with the password', async () => {
  const file = path.join(folder, 'proxy');
  fs.writeFileSync(file, `${url()}\n`);
  for (const [args, env] of [
    [['--proxy-file', file], {}],
    [[], { CXONE_PROXY: url() }],
    [['--proxy', 'env'], { HTTPS_PROXY: url() }],
    [['--proxy-file', file], { CXONE_PROXY: 'http://127.0.0.1:9' }],
  ]) {
    const { stdout } = await command(['doctor', ...args], { env: { ...SETTINGS, ...env } });
    expect(stdout).toMatch(/^✓ Proxy/m);
    expect(asked).toContainEqual(['auth.test:443', login]);
    asked = [];
  }
  const both = await command(['doctor', '--proxy', 'env', '--proxy-file', file], { env: SETTINGS });
  expect(both.stdout).toContain('--proxy and --proxy-file name a proxy each');
});
